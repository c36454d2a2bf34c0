import type { Alteration } from '../alter-field/alteration';
import { dropOtherListChecks } from '../alter-field/list-checks';
import { differsByCheck, rewritesForType } from '../../field-types/type-change';
import { newCheckOf, newTypeOf } from '../../spec/field-changes';
import { derivedName, qualified, quoted, type Identifier } from '../../sql/identifier';
import { ownLock } from '../../sql/own-lock';
import { exclusiveLock, step, type ChangePlan, type Lock, type Step } from '../plan';
import { checkClause } from '../render';
import { attachUnique, dropConstraint, lastStage, NOT_NULL_MARK, validate } from './constraint-stages';
import { buildIndex } from './index-stages';
import { retypeStages } from './retype/retype-stages';
import { duplicates, nulls, otherValues } from './pre-checks';
import type { PreCheck, Stage, Stages } from './stage';

/** As {@link NOT_NULL_MARK}. */
const VALUES_MARK = 'online_values' as Identifier;

/**
 * NOT NULL, new values of an Enum and unique: checks NOT VALID, which are then validated, and an index built
 * CONCURRENTLY, take the place of what would read every row under the lock. The last stage makes the whole change.
 */
export function alterFieldStages(org: Identifier, change: Alteration, plain: ChangePlan): Stages | undefined {
  const { table, column, set, from } = change;
  const values = newCheckOf(change, quoted(column));
  const isNotNull = set.nullable === false;
  const isUnique = set.unique === true;
  const to = newTypeOf(change);
  const isRetyped = to !== undefined && !differsByCheck(from, to);
  if (isRetyped && rewritesForType(from, to)) return retypeStages(org, change, to, plain);
  if (!isNotNull && !isUnique && values === undefined) return undefined;
  if (isRetyped) {
    return {
      refused:
        'a new type, and NOT NULL, unique or values beside it, are changes of their own online: make them one by one',
    };
  }
  const key = derivedName('key', table, [column]);
  const checks: PreCheck[] = [];
  const held: { readonly name: Identifier; readonly clause: string }[] = [];
  if (isNotNull) {
    checks.push(nulls(org, table, column));
    const name = derivedName('check', table, [column, NOT_NULL_MARK]);
    held.push({ name, clause: `constraint ${quoted(name)} check (${quoted(column)} is not null)` });
  }
  if (values !== undefined) {
    checks.push(otherValues(org, table, column, values));
    const name = derivedName('check', table, [column, VALUES_MARK]);
    held.push({
      name,
      clause: checkClause(table, column, values).replace(quoted(checkName(table, column)), quoted(name)),
    });
  }
  if (isUnique) checks.push(duplicates(org, table, { columns: [column] }));
  const names = held.map(({ name }) => name);
  const stages: Stage[] = [];
  const added = held.map(({ clause }) => `add ${clause} not valid`).join(', ');
  const first = held.length === 0 ? ownLock(org, table) : `alter table ${qualified(org, table)} ${added}`;
  stages.push({
    kind: 'transaction',
    name: held.length === 0 ? 'look' : 'add checks',
    // What they look for, in the last stage they would find ours.
    guards: plain.guards ?? [],
    afterwards: plain.afterwards ?? [],
    steps: [step(first, { locks: exclusive(org, table) })],
    undo: names.map((name) => dropConstraint(org, table, name)),
  });
  if (held.length > 0) stages.push(validate(org, table, names, [column]));
  if (isUnique) stages.push(buildIndex(org, table, { columns: [column], unique: true, name: key }));
  stages.push(lastStage({ name: 'finish', steps: finishingSteps(org, change, plain), guards: [ownLock(org, table)] }));
  return { checks, stages };
}

/** The steps of the plain change, with what has been prepared in the place of those that read every row. */
function finishingSteps(org: Identifier, change: Alteration, plain: ChangePlan): readonly Step[] {
  const { table, column } = change;
  const alter = `alter table ${qualified(org, table)}`;
  const key = derivedName('key', table, [column]);
  const values = newCheckOf(change, quoted(column));
  const setNotNull = `${alter} alter column ${quoted(column)} set not null`;
  const prepared = derivedName('check', table, [column, VALUES_MARK]);
  const renamed = `${alter} rename constraint ${quoted(prepared)} to ${quoted(checkName(table, column))}`;
  const others = dropOtherListChecks(org, table, column);
  const instead = new Map<string, readonly string[]>([
    // Two statements: in one, PostgreSQL would read every row all the same.
    [setNotNull, [setNotNull, dropConstraint(org, table, derivedName('check', table, [column, NOT_NULL_MARK]))]],
    [`${alter} add constraint ${quoted(key)} unique (${quoted(column)})`, [attachUnique(org, table, key)]],
    // Only once ours has its name: until then it is one of the others.
    ...(values === undefined
      ? []
      : [[others, []] as const, [`${alter} add ${checkClause(table, column, values)}`, [renamed, others]] as const]),
  ]);
  return plain.steps.flatMap((own) => {
    const sqls = instead.get(own.sql);
    return sqls === undefined ? [own] : sqls.map((sql) => ({ ...own, sql, scansTable: false }));
  });
}

function checkName(table: Identifier, column: Identifier): Identifier {
  return derivedName('check', table, [column]);
}

function exclusive(org: Identifier, table: Identifier): readonly Lock[] {
  return [exclusiveLock(org, table)];
}
