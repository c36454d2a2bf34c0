import type { Alteration } from '../../alter-field/alteration';
import { afterTypeSteps } from '../../alter-field/alter-steps';
import { onlineRefusal } from '../../alter-field/online-refusal';
import type { NewType } from '../../../field-types/type-change';
import { qualified, quoted, type Identifier } from '../../../sql/identifier';
import { literal } from '../../../sql/literal';
import { ownLock } from '../../../sql/own-lock';
import { locksOnReferenced } from '../../referenced-locks';
import { exclusiveLock, step, type ChangePlan, type Lock, type Step } from '../../plan';
import { dropConstraint, lastStage, validate } from '../constraint-stages';
import { needsKey } from '../fill-stages';
import { shareUpdate } from '../index-stages';
import type { FillStage, KeysStage, Stages, TransactionStage, ValidateStage } from '../stage';
import { carry, tryDefault } from './carry';
import { conversionChecks } from './conversion-checks';
import { copiesQuery, takeIndexes } from './copy-indexes';
import {
  addReferences,
  dropCopies,
  giveReferencesBack,
  takeReferences,
  validateReferences,
  type EachKey,
} from './copy-references';
import { leftGuard } from './left-guard';
import { alterIn, isConverted, ofColumn, retypingOf, run, type Retyping } from './retyping';
import { shadowSteps, unshadow } from './shadow-trigger';

/**
 * Another type, whose plain change would rewrite every row: a new column, which a trigger keeps equal to the old one
 * and batches fill, takes its place, with everything that belongs to it. A CHECK proves before that no row differs.
 */
export function retypeStages(org: Identifier, change: Alteration, to: NewType, plain: ChangePlan): Stages {
  const { table, column, set, from } = change;
  const refused = onlineRefusal(change, to);
  if (refused !== undefined || from === undefined) return { refused: refused ?? '' };
  const retyping = retypingOf(org, table, column, { from, to });
  const own: Lock = exclusiveLock(org, table);
  const locks = [own];
  const both = [own, ...locksOnReferenced(own, change.referencing)];
  const { names } = retyping;
  const alter = `alter table ${qualified(org, table)}`;
  const anew = { default: set.default !== undefined, comment: set.comment !== undefined };
  const addColumn: TransactionStage = {
    kind: 'transaction',
    name: 'add column',
    guards: [...(plain.guards ?? []), leftGuard(retyping)],
    steps: [...shadowSteps(retyping, locks), ...(anew.default ? [] : [step(tryDefault(retyping), { locks })])],
    afterwards: plain.afterwards ?? [],
    undo: [...unshadow(retyping), `${alter} drop column if exists ${quoted(names.column)}`],
  };
  const references = (name: string, todo: EachKey, undo: EachKey, keyLocks: readonly Lock[]): KeysStage => ({
    kind: 'keys',
    name,
    steps: [step(todo.sql, { locks: keyLocks })],
    left: todo.left,
    undo: undo.sql,
    leftToUndo: undo.left,
  });
  const sharedLocks = both.map((lock): Lock => ({ ...lock, mode: 'ShareRowExclusiveLock' }));
  return {
    checks: [needsKey(org, table), { guard: leftGuard(retyping) }, ...conversionChecks(retyping)],
    stages: [
      addColumn,
      fillStage(retyping),
      {
        kind: 'transaction',
        name: 'add check',
        steps: [step(addProof(retyping), { locks })],
        undo: [dropConstraint(org, table, names.proof)],
      },
      validate(org, table, [names.proof], [column]),
      { kind: 'copies', name: 'build indexes', columns: [column], steps: [copiesStep(retyping)] },
      reading(retyping, 'analyze', `analyze ${qualified(org, table)} (${quoted(names.column)})`),
      references('add references', addReferences(retyping), dropCopies(retyping), sharedLocks),
      {
        ...reading(retyping, 'validate references', validateReferences(retyping, 'new')),
        undo: validateReferences(retyping, 'old'),
      },
      references('drop references', takeReferences(retyping), giveReferencesBack(retyping), both),
      lastStage({
        name: 'swap',
        guards: [ownLock(org, table), leftGuard(retyping, 'without keys')],
        steps: [
          step(carry(retyping, anew), { locks }),
          ...[...unshadow(retyping), dropConstraint(org, table, names.proof), takeIndexes(retyping)].map((sql) =>
            step(sql, { locks }),
          ),
          step(`${alter} drop column ${quoted(column)}`, { locks }),
          step(`${alter} rename column ${quoted(names.column)} to ${quoted(column)}`, { locks }),
          ...afterTypeSteps(org, change, to, locks),
        ],
      }),
    ],
  };
}

function fillStage(retyping: Retyping): FillStage {
  const { org, table, column, names, type } = retyping;
  const set = `t.${quoted(column)}::${type}`;
  const todo = `not ${isConverted(retyping, 't.')}`;
  const sql = `update ${qualified(org, table)} t set ${quoted(names.column)} = ${set} where ${todo}`;
  const locks: readonly Lock[] = [{ schema: org, table, mode: 'RowExclusiveLock' }];
  return {
    kind: 'fill',
    name: 'fill',
    column: names.column,
    set,
    todo,
    steps: [step(sql, { locks, scansTable: true, transactional: false })],
  };
}

/** With NOT NULL in it, so that SET NOT NULL reads no row (manual, ALTER TABLE, SET NOT NULL). */
function addProof(retyping: Retyping): string {
  const { names } = retyping;
  const clause = `add constraint ${quoted(names.proof)} check (${isConverted(retyping)}`;
  const notNull = literal(` and ${quoted(names.column)} is not null`);
  return ofColumn(
    retyping,
    '',
    run(alterIn(retyping, clause), `case when was.attnotnull then ${notNull} end`, `') not valid'`),
  );
}

function copiesStep(retyping: Retyping): Step {
  const locks = shareUpdate(retyping.org, retyping.table);
  return step(copiesQuery(retyping), { locks, scansTable: true, transactional: false });
}

function reading({ org, table, column }: Retyping, name: string, sql: string): ValidateStage {
  const locks = shareUpdate(org, table);
  return {
    kind: 'validate',
    name,
    columns: [column],
    steps: [step(sql, { locks, scansTable: true, transactional: false })],
  };
}
