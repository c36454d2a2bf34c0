import * as t from 'io-ts';
import { closedObject } from '../../codec/object-codec';
import { existingName, listOf, nameOf } from '../../codec/codecs';
import { qualified } from '../../sql/identifier';
import { ownLock } from '../../sql/own-lock';
import { exclusiveLock, step } from '../plan';
import { referenced } from '../../spec/referenced-table';
import { locksOnReferenced } from '../referenced-locks';
import { alteration } from '../render';
import { sharedWithOthers } from '../shared-with-others';
import type { Operation } from './operation';

const codec = closedObject(
  'dropField',
  { kind: t.literal('dropField'), table: nameOf('table'), column: nameOf('column') },
  { cascade: listOf(existingName), referencing: listOf(referenced) },
);

type DropField = t.TypeOf<typeof codec>;

/** `alter table … drop column`. The space is freed only when the rows are rewritten. */
export const dropField: Operation<DropField, t.OutputOf<typeof codec>> = {
  codec,
  message: 'DROP COLUMN',
  effects: (_org, { table, column, cascade }) => [{ verb: 'drops', of: 'column', table, column, cascade }],
  plan: (org, { table, column, cascade = [], referencing }) => {
    const own = exclusiveLock(org, table);
    const sql = alteration(org, table, (builder) => void builder.dropColumn(column));
    return {
      // An index that another transaction is just building is known only under the lock.
      guards: [ownLock(org, table), sharedWithOthers(qualified(org, table), column, JSON.stringify(cascade))],
      steps: [step(sql, { locks: [own, ...locksOnReferenced(own, referencing)] })],
      dropsKeysOf: { table, column },
    };
  },
};
