import * as t from 'io-ts';
import { closed } from '../../codec/object-codec';
import { flag, nameOf } from '../../codec/codecs';
import { columns } from '../../spec/references';
import { columnFaults } from '../../spec/model-faults';
import { indexName } from '../../spec/model-keys';
import { buildIndex } from '../online/index-stages';
import { duplicates } from '../online/pre-checks';
import { step } from '../plan';
import { createIndex } from '../render';
import type { Operation } from './operation';

const codec = closed(
  'addIndex',
  { kind: t.literal('addIndex'), table: nameOf('table'), columns },
  { unique: flag, name: nameOf('constraint') },
  ({ columns: listed = ['?'] }) => columnFaults(listed, 'columns'),
);

type AddIndex = t.TypeOf<typeof codec>;

/** `create index`, inside the transaction: it blocks writes until it is built and committed. */
export const addIndex: Operation<AddIndex, t.OutputOf<typeof codec>> = {
  codec,
  steps: (org, { table, ...index }) => [
    step(createIndex(org, table, index), {
      locks: [{ schema: org, table, mode: 'ShareLock' }],
      scansTable: true,
    }),
  ],
  hazards: (_org, { table, unique, ...index }) => [
    {
      kind: 'indexBuild',
      table,
      message: `The index on ${index.columns.join(', ')} is built while "${table}" cannot be written to.`,
      saferWay: 'Create it CONCURRENTLY, outside a transaction.',
    },
    ...(unique === true
      ? [
          {
            kind: 'uniqueBuild',
            table,
            message: `It fails if "${table}" has rows with the same ${index.columns.join(', ')}.`,
            saferWay: 'Look for duplicates first, or create it CONCURRENTLY, outside a transaction.',
          } as const,
        ]
      : []),
  ],
  stages: (org, { kind: _kind, table, ...index }) => ({
    checks: index.unique === true ? [duplicates(org, table, index.columns)] : [],
    stages: [buildIndex(org, table, index)],
  }),
  message: 'CREATE INDEX',
  buildsIndex: true,
  effects: (_org, { kind: _kind, table, ...index }) => [
    { verb: 'adds', of: 'index', table, index, name: indexName(table, index) },
  ],
};
