import * as t from 'io-ts';
import { closedObject } from '../../codec/object-codec';
import { nameOf } from '../../codec/codecs';
import { sizeGuards, unforeseenSize, versionGuards } from '../index-hazards';
import { indexFaults, indexName, indexProps, keyColumnsOf, type Index } from '../../spec/index-spec';
import type { Identifier } from '../../sql/identifier';
import { buildIndex } from '../online/index-stages';
import { duplicates } from '../online/pre-checks';
import { step, type Hazard } from '../plan';
import { createIndexInBatch } from '../render';
import type { Operation } from './operation';

const codec = closedObject(
  'addIndex',
  { kind: t.literal('addIndex'), table: nameOf('table'), ...indexProps.required },
  indexProps.optional,
  indexFaults,
);

type AddIndex = t.TypeOf<typeof codec>;

/** `create index`, inside the transaction: it blocks writes until it is built and committed. */
export const addIndex: Operation<AddIndex, t.OutputOf<typeof codec>> = {
  codec,
  message: 'CREATE INDEX',
  effects: (_org, { kind: _kind, table, ...index }) => [
    { verb: 'adds', of: 'index', table, index, name: indexName(table, index) },
  ],
  plan: (org, { kind: _kind, table, ...index }) => ({
    guards: sizeGuards(org, table, index),
    // What is looked at is a hazard.
    goesByCatalog: false,
    unforeseen: unforeseenSize(table, index),
    steps: [
      step(createIndexInBatch(org, table, index), {
        locks: [{ schema: org, table, mode: 'ShareLock' }],
        scansTable: true,
        hazards: hazardsOf(table, index),
      }),
    ],
  }),
  stages: (org, { kind: _kind, table, ...index }) => ({
    checks: [
      ...versionGuards(index).map((guard) => ({ guard })),
      ...(index.unique === true ? [duplicates(org, table, index)] : []),
    ],
    stages: [buildIndex(org, table, index)],
  }),
  buildsIndex: true,
};

function hazardsOf(table: Identifier, index: Index): readonly Hazard[] {
  const columns = keyColumnsOf(index).join(', ');
  const build: Hazard = {
    kind: 'indexBuild',
    table,
    message: `The index on ${columns} is built while "${table}" cannot be written to.`,
    saferWay: 'Create it CONCURRENTLY, outside a transaction.',
  };
  if (index.unique !== true) return [build];
  const unique: Hazard = {
    kind: 'uniqueBuild',
    table,
    message: `It fails if "${table}" has rows with the same ${columns}.`,
    saferWay: 'Look for duplicates first, or create it CONCURRENTLY, outside a transaction.',
  };
  return [build, unique];
}
