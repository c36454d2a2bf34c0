import { derivedName, qualified, quoted, type Identifier } from '../../sql/identifier';
import { ownLock } from '../../sql/own-lock';
import { hasKey, isSetToNull } from '../key-guards';
import { exclusiveLock, step, type Lock } from '../plan';
import { dropConstraint, lastStage, NOT_NULL_MARK, validate } from './constraint-stages';
import { buildIndex } from './index-stages';
import { duplicates, nulls } from './pre-checks';
import type { Stages } from './stage';

/**
 * A key of existing columns: checks NOT VALID, which are then validated, and an index built CONCURRENTLY, take the place
 * of what would read every row under the lock.
 */
export function addKeyStages(org: Identifier, table: Identifier, columns: readonly Identifier[]): Stages {
  const locks: Lock[] = [exclusiveLock(org, table)];
  const alter = `alter table ${qualified(org, table)}`;
  const key = derivedName('pkey', table, []);
  const checks = columns.map((column) => ({ column, name: derivedName('check', table, [column, NOT_NULL_MARK]) }));
  const names = checks.map(({ name }) => name);
  const added = checks.map(
    ({ column, name }) => `add constraint ${quoted(name)} check (${quoted(column)} is not null)`,
  );
  const guards = [ownLock(org, table), hasKey(org, table), isSetToNull(org, table, columns)];
  return {
    checks: [
      { guard: hasKey(org, table) },
      ...columns.map((column) => nulls(org, table, column)),
      duplicates(org, table, { columns }),
    ],
    stages: [
      {
        kind: 'transaction',
        name: 'add checks',
        guards,
        steps: [step(`${alter} ${added.map((clause) => `${clause} not valid`).join(', ')}`, { locks })],
        undo: names.map((name) => dropConstraint(org, table, name)),
      },
      validate(org, table, names, columns),
      buildIndex(org, table, { columns, unique: true, name: key }),
      lastStage({
        name: 'finish',
        guards,
        steps: [
          // Each a statement of its own: beside others, PostgreSQL would read every row all the same.
          ...columns.map((column) => step(`${alter} alter column ${quoted(column)} set not null`, { locks })),
          step(`${alter} add constraint ${quoted(key)} primary key using index ${quoted(key)}`, { locks }),
          ...names.map((name) => step(dropConstraint(org, table, name), { locks })),
        ],
      }),
    ],
  };
}
