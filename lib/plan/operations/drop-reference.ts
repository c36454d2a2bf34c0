import * as t from 'io-ts';
import { listOf, nameOf } from '../../codec/codecs';
import { closedObject } from '../../codec/object-codec';
import { columnFaults } from '../../spec/column-faults';
import { referenced } from '../../spec/referenced-table';
import { columns } from '../../spec/references';
import { columnList, derivedName, qualified, quoted, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { ownLock } from '../../sql/own-lock';
import { EQ } from '../../sql/qualified-sql';
import { guard } from '../../sql/server-check';
import { dropKeysOnColumns, keysOnColumns } from '../keys-on-columns';
import { exclusiveLock, step, type Lock } from '../plan';
import { locksOnReferenced } from '../referenced-locks';
import type { Operation } from './operation';

const codec = closedObject(
  'dropReference',
  { kind: t.literal('dropReference'), table: nameOf('table'), columns },
  { referencing: listOf(referenced) },
  ({ columns: listed = ['?'] }) => columnFaults(listed, 'columns'),
);

type DropReference = t.TypeOf<typeof codec>;

/** `alter table … drop constraint`, of the foreign keys over exactly these columns, whatever their names. */
export const dropReference: Operation<DropReference, t.OutputOf<typeof codec>> = {
  codec,
  message: 'DROP CONSTRAINT',
  effects: (_org, { table, columns: listed }) => [{ verb: 'drops', of: 'reference', table, columns: listed }],
  plan: (org, { table, columns: listed, referencing }) => {
    const own: Lock = exclusiveLock(org, table);
    const locks = [own, ...locksOnReferenced(own, referencing)];
    const derived = quoted(derivedName('fkey', table, listed));
    return {
      guards: [ownLock(org, table), noKey(org, table, listed)],
      steps: [
        step(`alter table ${qualified(org, table)} drop constraint if exists ${derived}`, { locks }),
        step(dropKeysOnColumns(org, table, listed), { locks }),
      ],
      dropsKeysOf: { table, column: listed[0] },
    };
  },
};

/** The first step goes by the derived name, which a constraint made by hand can have. */
function noKey(org: Identifier, table: Identifier, listed: readonly Identifier[]): string {
  const model = qualified(org, table);
  const name = derivedName('fkey', table, listed);
  const keys = keysOnColumns(org, table, listed);
  const other = `select from pg_catalog.pg_constraint c where c.conrelid ${EQ} pg_catalog.to_regclass(${literal(model)})
      and c.conname ${EQ} ${literal(name)} and not exists (select from (${keys}) own where own.conname ${EQ} c.conname)`;
  return guard({
    kind: 'reference',
    at: { table, column: listed.length === 1 ? listed[0] : undefined },
    test: `select where not exists (${keys}) or exists (${other})`,
    reason: `case when exists (${other}) then ${literal(`${model} has a constraint "${name}", the name of a foreign key over ${columnList(listed)}, which is something else. Rename it first`)}
      else ${literal(`${model} has no foreign key over ${columnList(listed)} alone`)} end`,
  });
}
