import type { FieldChanges } from './field-changes';
import { changedDefaultSql, impliedType } from './field-changes';
import { typeOf } from './field-types';
import { derivedName, qualified, quoted, type Identifier } from './identifier';
import { step, type Lock, type Step } from './plan';
import { typeSql } from './qualified-sql';
import { locksOnReferenced, type Referenced } from './referenced';
import { checkClause, commentOn } from './render';
import { rewritesForType, type TypeSpec } from './type-change';

/** What is to be different about a column, and what is known of it. */
export interface Alteration {
  readonly table: Identifier;
  readonly column: Identifier;
  readonly set: FieldChanges;
  readonly from?: TypeSpec | undefined;
  readonly referencing?: readonly Referenced[] | undefined;
}

/** A statement for each property that is named. */
export function alterSteps(org: Identifier, change: Alteration): readonly Step[] {
  return [
    ...typeSteps(org, change),
    ...defaultSteps(org, change),
    ...nullableSteps(org, change),
    ...checkSteps(org, change),
    ...uniqueSteps(org, change),
    ...commentSteps(org, change),
  ];
}

/** The type that the column gets; none where it keeps its own. */
export function newType({ column, set }: Alteration): (TypeSpec & { readonly name: Identifier }) | undefined {
  const type = impliedType(set);
  // An Enum is text whatever its values.
  if (type === undefined || (set.type === undefined && type === 'Enum')) return undefined;
  const { length, precision, scale, values } = set;
  return { name: column, type, length, precision, scale, values };
}

function typeSteps(org: Identifier, change: Alteration): Step[] {
  const { table, column, set, from, referencing } = change;
  const to = newType(change);
  if (to === undefined) return [];
  const name = typeOf(to).catalogName(to);
  // A cast would cut a text that is too long; without one, PostgreSQL refuses it.
  const using =
    name.startsWith('character varying') || name === 'text' ? '' : ` using ${quoted(column)}::${typeSql(name)}`;
  const rewrites = rewritesForType(from, to);
  const retyped = `alter column ${quoted(column)} type ${typeSql(name)}${using}`;
  const own: Lock = { schema: org, table, mode: 'AccessExclusiveLock' };
  // A foreign key over the column is dropped and made again, at both its ends, whether or not a row is rewritten.
  const locks = [own, ...locksOnReferenced(own, referencing)];
  const steps = [alterTable(org, table, retyped, { locks, rewritesTable: rewrites, scansTable: rewrites })];
  // The old default may not be one of the new type; the new one is set afterwards.
  if (set.default !== undefined) steps.unshift(alterTable(org, table, `alter column ${quoted(column)} drop default`));
  // What held the values of an Enum has no say in another type.
  if (set.type !== undefined && set.values === undefined) {
    steps.unshift(alterTable(org, table, `drop constraint if exists ${quoted(derivedName('check', table, [column]))}`));
  }
  return steps;
}

function defaultSteps(org: Identifier, change: Alteration): Step[] {
  const { table, column, set, from } = change;
  if (set.default === undefined) return [];
  // Dropped already, before the type was changed.
  if (set.default === null && newType(change) !== undefined) return [];
  const action = set.default === null ? 'drop default' : `set default ${changedDefaultSql(set, set.default, from)}`;
  return [alterTable(org, table, `alter column ${quoted(column)} ${action}`)];
}

function nullableSteps(org: Identifier, { table, column, set }: Alteration): Step[] {
  if (set.nullable === undefined) return [];
  const action = set.nullable ? 'drop not null' : 'set not null';
  return [alterTable(org, table, `alter column ${quoted(column)} ${action}`, { scansTable: !set.nullable })];
}

function checkSteps(org: Identifier, { table, column, set }: Alteration): Step[] {
  if (set.values === undefined) return [];
  const name = quoted(derivedName('check', table, [column]));
  const clauses = `drop constraint if exists ${name}, add ${checkClause(table, column, set.values)}`;
  return [alterTable(org, table, clauses, { scansTable: true })];
}

function uniqueSteps(org: Identifier, { table, column, set }: Alteration): Step[] {
  if (set.unique === undefined) return [];
  const name = derivedName('key', table, [column]);
  if (!set.unique) return [alterTable(org, table, `drop constraint ${quoted(name)}`)];
  return [alterTable(org, table, `add constraint ${quoted(name)} unique (${quoted(column)})`, { scansTable: true })];
}

function commentSteps(org: Identifier, { table, column, set }: Alteration): Step[] {
  if (set.comment === undefined) return [];
  const locks = [{ schema: org, table, mode: 'ShareUpdateExclusiveLock' }] as const;
  return [step(commentOn(org, table, column, set.comment), { locks })];
}

function alterTable(org: Identifier, table: Identifier, action: string, costs: Partial<Step> = {}): Step {
  const locks: Lock[] = [{ schema: org, table, mode: 'AccessExclusiveLock' }];
  return step(`alter table ${qualified(org, table)} ${action}`, { locks, ...costs });
}
