import type { ForeignKey } from '../../spec/model-spec';
import { derivedName, qualified, quoted, type Identifier } from '../../sql/identifier';
import { step, type ChangePlan } from '../plan';
import { shareUpdate } from './index-stages';
import { orphans } from './pre-checks';
import type { Stages, TransactionStage, ValidateStage } from './stage';

/** In the names of our constraints until the last stage: any other check that we name is over one field alone. */
export const NOT_NULL_MARK = 'online_not_null' as Identifier;

/** A foreign key NOT VALID, which holds for new rows only, and then for all of them. */
export function referenceStages(org: Identifier, table: Identifier, key: ForeignKey, plain: ChangePlan): Stages {
  const name = derivedName('fkey', table, key.columns);
  return {
    checks: [orphans(org, table, key)],
    stages: [
      {
        kind: 'transaction',
        name: 'add constraint',
        steps: plain.steps.map((each) => ({ ...each, sql: `${each.sql} not valid`, scansTable: false })),
        afterwards: plain.afterwards ?? [],
        undo: [dropConstraint(org, table, name)],
      },
      validate(org, table, [name], key.columns),
    ],
  };
}

/** All in one statement: PostgreSQL then reads the table once. */
export function validate(
  org: Identifier,
  table: Identifier,
  names: readonly Identifier[],
  columns: readonly Identifier[],
): ValidateStage {
  const actions = names.map((name) => `validate constraint ${quoted(name)}`).join(', ');
  const locks = shareUpdate(org, table);
  const sql = `alter table ${qualified(org, table)} ${actions}`;
  return {
    kind: 'validate',
    name: 'validate',
    columns,
    steps: [step(sql, { locks, scansTable: true, transactional: false })],
  };
}

/** Makes a constraint of the unique index that was built for it: one that `add constraint … unique` would have made. */
export function attachUnique(org: Identifier, table: Identifier, name: Identifier): string {
  return `alter table ${qualified(org, table)} add constraint ${quoted(name)} unique using index ${quoted(name)}`;
}

export function dropConstraint(org: Identifier, table: Identifier, name: Identifier): string {
  return `alter table ${qualified(org, table)} drop constraint if exists ${quoted(name)}`;
}

/** The last stage: with it, the change is made. */
export function lastStage(parts: Pick<TransactionStage, 'name' | 'steps' | 'guards' | 'afterwards'>): TransactionStage {
  return { kind: 'transaction', undo: undefined, ...parts };
}
