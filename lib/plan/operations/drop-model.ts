import * as t from 'io-ts';
import { closedObject } from '../../codec/object-codec';
import { listOf, nameOf } from '../../codec/codecs';
import { exclusiveLock, step } from '../plan';
import { refusePartitionsElsewhere } from '../partitions-elsewhere';
import { referenced } from '../../spec/referenced-table';
import { locksOnReferenced } from '../referenced-locks';
import { rendered } from '../render';
import type { Operation } from './operation';

const codec = closedObject(
  'dropModel',
  { kind: t.literal('dropModel'), table: nameOf('table') },
  { referencing: listOf(referenced) },
);

type DropModel = t.TypeOf<typeof codec>;

/**
 * `drop table`, with all its rows and partitions. PostgreSQL refuses while another table refers to it; we refuse while a
 * partition is in another schema.
 */
export const dropModel: Operation<DropModel, t.OutputOf<typeof codec>> = {
  codec,
  message: 'DROP TABLE',
  effects: (_org, { table }) => [{ verb: 'drops', of: 'table', table }],
  plan: (org, { table, referencing }) => {
    const own = exclusiveLock(org, table);
    const [sql = ''] = rendered(org, (schema) => schema.dropTable(table));
    return {
      guards: [refusePartitionsElsewhere(org, table)],
      // It sees the catalog as it is, at every isolation level.
      goesByCatalog: false,
      steps: [step(sql, { locks: [own, ...locksOnReferenced(own, referencing)] })],
      dropsKeysOf: { table },
    };
  },
};
