import type { Alteration } from './alteration';
import { checkHazard, typeHazards } from './alter-hazards';
import { retyped, retypedByCatalog, retypedByRow, retypedElements } from './conversion';
import { changedDefaultSql, newCheckOf, newTypeOf, newValuesOf } from '../../spec/field-changes';
import { typeOf } from '../../field-types';
import { isArray } from '../../field-types/options';
import { tableOid } from '../../sql/catalog-oids';
import { block } from '../../sql/server-check';
import { derivedName, qualified, quoted, type Identifier } from '../../sql/identifier';
import { retypeSequences } from './retype-sequences';
import { dropOtherListChecks } from './list-checks';
import { literal } from '../../sql/literal';
import { exclusiveLock, step, withoutHazards, type ChangeStep, type Lock, type Step } from '../plan';
import { EQ, typeSql } from '../../sql/qualified-sql';
import { locksOnReferenced } from '../referenced-locks';
import { checkClause, commentOn } from '../render';
import { uniqueBuildHazard } from '../row-hazards';
import {
  canLose,
  canNull,
  differsByCheck,
  isOfArray,
  rewritesForType,
  type NewType,
} from '../../field-types/type-change';
import { dropOtherUniqueIndexes } from './unique-indexes';

/** One statement for each property that is named. */
export function alterSteps(org: Identifier, change: Alteration): readonly ChangeStep[] {
  return [
    ...typeSteps(org, change),
    ...defaultSteps(org, change),
    ...nullableSteps(org, change),
    ...checkSteps(org, change),
    ...uniqueSteps(org, change),
    ...commentSteps(org, change),
  ];
}

/** The steps after the type is changed, where the column has got it in another way. */
export function afterTypeSteps(
  org: Identifier,
  change: Alteration,
  to: NewType,
  locks: readonly Lock[],
): readonly Step[] {
  return [
    ...(typeOf(to).canBeIdentity ? [sequencesStep(org, change, to, locks)] : []),
    ...defaultSteps(org, change),
    ...nullableSteps(org, change),
    ...commentSteps(org, change),
  ].map(withoutHazards);
}

function typeSteps(org: Identifier, change: Alteration): ChangeStep[] {
  const { table, column, set, from, referencing } = change;
  const to = newTypeOf(change);
  const steps: ChangeStep[] = [];
  // Before the type is changed: the check on the values would be verified again, and the old default may not fit the
  // new type.
  if (set.type !== undefined || newValuesOf(set) !== undefined) steps.push(...dropListChecks(org, table, column));
  if (to === undefined) return steps;
  if (set.default !== undefined) steps.push(alterTable(org, table, `alter column ${quoted(column)} drop default`));
  if (differsByCheck(from, to)) return steps;
  const rewrites = rewritesForType(from, to);
  const own: Lock = exclusiveLock(org, table);
  // A foreign key on the column is dropped and recreated, at both its ends, whether or not a row is rewritten.
  const locks = [own, ...locksOnReferenced(own, referencing)];
  const retyping = step(retypingSql(org, change, to), {
    locks,
    rewritesTable: rewrites,
    scansTable: rewrites,
    hazards: typeHazards(change, to),
  });
  return [...steps, retyping, ...(typeOf(to).canBeIdentity ? [sequencesStep(org, change, to, locks)] : [])];
}

function sequencesStep(org: Identifier, { table, column }: Alteration, to: NewType, locks: readonly Lock[]): Step {
  return step(retypeSequences(org, table, column, typeOf(to).catalogName(to)), { locks });
}

function retypingSql(org: Identifier, { table, column, from }: Alteration, to: NewType): string {
  const alter = `alter table ${qualified(org, table)}`;
  const type = typeSql(typeOf(to).catalogName(to));
  const ofArray = isOfArray(from, to);
  if (to.keepsOptions !== true && !canLose(from, to) && !canNull(from, to))
    return `${alter} ${retyped(column, to, type, ofArray)}`;
  if (ofArray && isArray(to)) return retypedElements(org, table, column, to, type);
  if (from !== undefined) return `${alter} ${retypedByRow(table, column, to, type, ofArray)}`;
  return block(`declare
  was pg_catalog.record;
begin
  select a.atttypid, a.atttypmod into was from pg_catalog.pg_attribute a
  where a.attrelid ${EQ} ${tableOid(org, table)} and a.attname ${EQ} ${literal(column)};
  ${retypedByCatalog(alter, table, column, to)}
end`);
}

/** By what they do, whatever their names. */
function dropListChecks(org: Identifier, table: Identifier, column: Identifier): readonly Step[] {
  const locks: Lock[] = [exclusiveLock(org, table)];
  const own = `drop constraint if exists ${quoted(derivedName('check', table, [column]))}`;
  return [alterTable(org, table, own), step(dropOtherListChecks(org, table, column), { locks })];
}

function defaultSteps(org: Identifier, change: Alteration): Step[] {
  const { table, column, set, from } = change;
  if (set.default === undefined) return [];
  // Already dropped, before the type was changed.
  if (set.default === null && newTypeOf(change) !== undefined) return [];
  const action = set.default === null ? 'drop default' : `set default ${changedDefaultSql(set, set.default, from)}`;
  return [alterTable(org, table, `alter column ${quoted(column)} ${action}`)];
}

function nullableSteps(org: Identifier, change: Alteration): ChangeStep[] {
  const { table, column, set } = change;
  if (set.nullable === undefined) return [];
  if (set.nullable) return [alterTable(org, table, `alter column ${quoted(column)} drop not null`)];
  const costs = { scansTable: true, hazards: [checkHazard(change)] };
  return [alterTable(org, table, `alter column ${quoted(column)} set not null`, costs)];
}

function checkSteps(org: Identifier, change: Alteration): ChangeStep[] {
  const { table, column, set } = change;
  const values = newCheckOf(change, quoted(column));
  if (values === undefined) return [];
  // What it says is said already.
  const hazards = set.nullable === false ? [] : [checkHazard(change)];
  return [alterTable(org, table, `add ${checkClause(table, column, values)}`, { scansTable: true, hazards })];
}

function uniqueSteps(org: Identifier, change: Alteration): ChangeStep[] {
  const { table, column, set } = change;
  if (set.unique === undefined) return [];
  const name = derivedName('key', table, [column]);
  if (!set.unique) {
    const locks: Lock[] = [exclusiveLock(org, table)];
    const own = alterTable(org, table, `drop constraint if exists ${quoted(name)}`);
    return [own, step(dropOtherUniqueIndexes(org, table, column), { locks })];
  }
  const saferWay = 'Create a unique index CONCURRENTLY, then add the constraint USING INDEX.';
  const costs = { scansTable: true, hazards: [uniqueBuildHazard(change, saferWay)] };
  return [alterTable(org, table, `add constraint ${quoted(name)} unique (${quoted(column)})`, costs)];
}

function commentSteps(org: Identifier, { table, column, set }: Alteration): Step[] {
  if (set.comment === undefined) return [];
  const locks = [{ schema: org, table, mode: 'ShareUpdateExclusiveLock' }] as const;
  return [step(commentOn(org, table, column, set.comment), { locks })];
}

function alterTable(org: Identifier, table: Identifier, action: string, costs: Partial<ChangeStep> = {}): ChangeStep {
  const locks: Lock[] = [exclusiveLock(org, table)];
  return step(`alter table ${qualified(org, table)} ${action}`, { locks, ...costs });
}
