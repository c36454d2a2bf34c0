import * as t from 'io-ts';
import { closedObject } from '../../codec/object-codec';
import { nameOf } from '../../codec/codecs';
import { renameDerived } from '../rename-derived';
import { ownLock } from '../../sql/own-lock';
import { exclusiveLock, step, type Hazard } from '../plan';
import { rendered } from '../render';
import type { Operation } from './operation';

const codec = closedObject(
  'renameModel',
  { kind: t.literal('renameModel'), table: nameOf('table'), to: nameOf('table') },
  {},
);

type RenameModel = t.TypeOf<typeof codec>;

/** `alter table … rename to`, and the names that were derived from the table's name. */
export const renameModel: Operation<RenameModel, t.OutputOf<typeof codec>> = {
  codec,
  message: 'RENAME TABLE',
  effects: (_org, { table, to }) => [{ verb: 'renames', of: 'table', table, to }],
  plan: (org, { table, to }) => {
    const locks = [exclusiveLock(org, table)] as const;
    const [sql = ''] = rendered(org, (schema) => schema.renameTable(table, to));
    const names = renameDerived({ org, table: to, oldTable: table });
    const rename: Hazard = {
      kind: 'rename',
      table,
      message: `After COMMIT, every query that still uses "${table}" fails.`,
      saferWay: `Let every service read "${to}" from a view first, then rename, with the view under the old name.`,
    };
    return {
      guards: [ownLock(org, table)],
      steps: [step(sql, { locks, hazards: [rename] }), step(names.sql, { locks, onCitus: names.onCitus })],
    };
  },
};
