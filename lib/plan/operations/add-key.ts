import * as t from 'io-ts';
import { nameOf } from '../../codec/codecs';
import { closedObject } from '../../codec/object-codec';
import { columnFaults } from '../../spec/column-faults';
import { columns } from '../../spec/references';
import { columnList, derivedName, qualified, quoted, type Identifier } from '../../sql/identifier';
import { ownLock } from '../../sql/own-lock';
import { hasKey, isSetToNull } from '../key-guards';
import { rowsInTheWayOfKey } from '../key-in-the-way';
import { addKeyStages } from '../online/add-key-stages';
import { exclusiveLock, step, type Hazard } from '../plan';
import type { Operation } from './operation';

const codec = closedObject(
  'addKey',
  { kind: t.literal('addKey'), table: nameOf('table'), columns },
  {},
  ({ columns: listed = ['?'] }) => columnFaults(listed, 'columns'),
);

type AddKey = t.TypeOf<typeof codec>;

/** `alter table … add constraint … primary key`: makes the columns NOT NULL, and builds a unique index over them. */
export const addKey: Operation<AddKey, t.OutputOf<typeof codec>> = {
  codec,
  message: 'ADD PRIMARY KEY',
  effects: (_org, { table, columns: listed }) => [{ verb: 'adds', of: 'key', table, columns: listed }],
  plan: (org, { table, columns: listed }) => ({
    guards: [ownLock(org, table), hasKey(org, table), isSetToNull(org, table, listed)],
    steps: [
      step(
        `alter table ${qualified(org, table)} add constraint ${quoted(derivedName('pkey', table, []))} primary key (${columnList(listed)})`,
        {
          locks: [exclusiveLock(org, table)],
          scansTable: true,
          hazards: hazardsOf(table, listed.join(', ')),
        },
      ),
    ],
  }),
  stages: (org, { table, columns: listed }) => addKeyStages(org, table, listed),
  buildsIndex: true,
  advice: {
    NOT_NULL_VIOLATION: ({ column, model }) =>
      `Rows of ${model} have no value for ${column === '' ? 'a field of the key' : `"${column}"`}, and a key is never null. Nothing was changed. Fill these first.`,
    UNIQUE_VIOLATION: ({ model }) =>
      `Rows of ${model} have the same values in the fields of the key. Nothing was changed. Correct these first, or make the key over more fields.`,
  },
  rows: (org, { table, columns: listed }) => rowsInTheWayOfKey(org, table, listed),
};

function hazardsOf(table: Identifier, columns: string): readonly Hazard[] {
  return [
    {
      kind: 'scan',
      table,
      message: `Every row of "${table}" is read for a value in ${columns}, while nobody else can read or write it.`,
      saferWay: 'Use applyOnline, which makes the key in stages that keep nobody out for long.',
    },
    {
      kind: 'uniqueBuild',
      table,
      message: `The unique index on ${columns} is built while "${table}" cannot be read; it fails if rows have the same values.`,
      saferWay: 'Use applyOnline, which counts the duplicates first and builds the index CONCURRENTLY.',
    },
  ];
}
