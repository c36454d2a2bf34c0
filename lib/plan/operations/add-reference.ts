import * as t from 'io-ts';
import { nameOf } from '../../codec/codecs';
import { closedObject } from '../../codec/object-codec';
import { foreignKeyProps } from '../../spec/model-spec';
import { foreignKeyFaults } from '../../spec/model-faults';
import type { ForeignKey } from '../../spec/model-spec';
import { columnList, qualified, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { GT } from '../../sql/qualified-sql';
import { guard } from '../../sql/server-check';
import { refersTo } from '../effects';
import { foreignKeyClause, isSelf, targetLock } from '../foreign-keys';
import { keysOnColumns } from '../keys-on-columns';
import { orphansInTheWay } from '../orphans';
import { referenceStages } from '../online/constraint-stages';
import { step, type ChangeStep, type Hazard, type Lock } from '../plan';
import { setNullGuard, setsNull } from '../set-null-check';
import type { Operation } from './operation';

const codec = closedObject(
  'addReference',
  { kind: t.literal('addReference'), table: nameOf('table'), ...foreignKeyProps },
  {},
  ({ columns: listed = ['?'], references }) => foreignKeyFaults(listed, references?.columns),
);

type AddReference = t.TypeOf<typeof codec>;

/** `alter table … add constraint … foreign key`, which reads every row while nobody writes to either table. */
export const addReference: Operation<AddReference, t.OutputOf<typeof codec>> = {
  codec,
  message: 'ADD CONSTRAINT',
  effects: (_org, { kind: _kind, table, ...key }) => [
    { verb: 'adds', of: 'reference', table, key },
    refersTo(key.references),
  ],
  plan: (org, { kind: _kind, table, ...key }) => ({
    steps: [addKeyStep(org, table, key)],
    // Under the lock that the step has taken: PostgreSQL accepts a second key of another name, and SET NULL on NOT NULL.
    afterwards: [secondKey(org, table, key.columns), ...setNullGuard(org, table, key)],
    goesByCatalog: setsNull(key),
  }),
  stages: (org, { kind: _kind, table, ...key }, plain) => referenceStages(org, table, key, plain),
  advice: {
    FOREIGN_KEY_VIOLATION: ({ model }) =>
      `Rows of ${model} refer to rows that do not exist. Nothing was changed. Correct these first.`,
  },
  rows: (org, { table, ...key }) => ({ FOREIGN_KEY_VIOLATION: orphansInTheWay(org, table, key) }),
};

function addKeyStep(org: Identifier, table: Identifier, key: ForeignKey): ChangeStep {
  const own: Lock = { schema: org, table, mode: 'ShareRowExclusiveLock' };
  const locks = isSelf(org, table, key.references) ? [own] : [own, targetLock(key.references)];
  const sql = `alter table ${qualified(org, table)} add ${foreignKeyClause(table, key)}`;
  const scan: Hazard = {
    kind: 'scan',
    table,
    message: `Every row of "${table}" is read while neither it nor "${key.references.table}" can be written to.`,
    saferWay: `Add the key over ${key.columns.join(', ')} NOT VALID, then validate it.`,
  };
  const [, ...others] = locks;
  const locksOnCitus: Lock[] = [{ ...own, mode: 'ExclusiveLock' }, ...others];
  return step(sql, { locks, locksOnCitus, scansTable: true, hazards: [scan] });
}

function secondKey(org: Identifier, table: Identifier, columns: readonly Identifier[]): string {
  return guard({
    kind: 'referenceExists',
    at: { table, column: columns.length === 1 ? columns[0] : undefined },
    test: `select from (${keysOnColumns(org, table, columns)}) k having pg_catalog.count(*) ${GT} 1`,
    reason: literal(`${qualified(org, table)} has a foreign key over ${columnList(columns)} already`),
  });
}
