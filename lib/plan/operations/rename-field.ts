import * as t from 'io-ts';
import { closedObject } from '../../codec/object-codec';
import { nameOf } from '../../codec/codecs';
import { renameDerived } from '../rename-derived';
import { ownLock } from '../../sql/own-lock';
import { exclusiveLock, step, type Hazard } from '../plan';
import { alteration } from '../render';
import type { Operation } from './operation';

const codec = closedObject(
  'renameField',
  { kind: t.literal('renameField'), table: nameOf('table'), column: nameOf('column'), to: nameOf('column') },
  {},
);

type RenameField = t.TypeOf<typeof codec>;

/** `alter table … rename`, and the names that were derived from the column's name. */
export const renameField: Operation<RenameField, t.OutputOf<typeof codec>> = {
  codec,
  message: 'RENAME COLUMN',
  effects: (_org, { table, column, to }) => [{ verb: 'renames', of: 'column', table, column, to }],
  plan: (org, { table, column, to }) => {
    const locks = [exclusiveLock(org, table)] as const;
    const sql = alteration(org, table, (builder) => void builder.renameColumn(column, to));
    const names = renameDerived({ org, table, oldTable: table, column: { from: column, to } });
    const rename: Hazard = {
      kind: 'rename',
      table,
      column,
      message: `After COMMIT, every query that still uses "${table}"."${column}" fails.`,
      saferWay: `Add "${to}", write both, fill it, read "${to}" everywhere, then drop "${column}".`,
    };
    return {
      guards: [ownLock(org, table)],
      steps: [step(sql, { locks, hazards: [rename] }), step(names.sql, { locks, onCitus: names.onCitus })],
    };
  },
};
