import * as t from 'io-ts';
import { closed } from '../../codec/object-codec';
import { nameOf } from '../../codec/codecs';
import { sizeGuards, unforeseenSize, versionGuards } from '../index-hazards';
import { indexFaults, indexName, indexProps, keyColumnsOf } from '../../spec/index-spec';
import { buildIndex } from '../online/index-stages';
import { duplicates } from '../online/pre-checks';
import { step } from '../plan';
import { createIndex } from '../render';
import type { Operation } from './operation';

const codec = closed(
  'addIndex',
  { kind: t.literal('addIndex'), table: nameOf('table'), ...indexProps.required },
  indexProps.optional,
  indexFaults,
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
  // What is looked at is a hazard.
  goesByCatalog: false,
  guards: (org, { table, ...index }) => sizeGuards(org, table, index),
  hazards: (_org, { table, unique, ...index }) => [
    {
      kind: 'indexBuild',
      table,
      message: `The index on ${keyColumnsOf(index).join(', ')} is built while "${table}" cannot be written to.`,
      saferWay: 'Create it CONCURRENTLY, outside a transaction.',
    },
    ...(unique === true
      ? [
          {
            kind: 'uniqueBuild',
            table,
            message: `It fails if "${table}" has rows with the same ${keyColumnsOf(index).join(', ')}.`,
            saferWay: 'Look for duplicates first, or create it CONCURRENTLY, outside a transaction.',
          } as const,
        ]
      : []),
  ],
  stages: (org, { kind: _kind, table, ...index }) => ({
    checks: [
      ...versionGuards(index).map((guard) => ({ guard })),
      ...(index.unique === true ? [duplicates(org, table, index)] : []),
    ],
    stages: [buildIndex(org, table, index)],
  }),
  unforeseen: (_org, { table, ...index }) => unforeseenSize(table, index),
  message: 'CREATE INDEX',
  buildsIndex: true,
  effects: (_org, { kind: _kind, table, ...index }) => [
    { verb: 'adds', of: 'index', table, index, name: indexName(table, index) },
  ],
};
