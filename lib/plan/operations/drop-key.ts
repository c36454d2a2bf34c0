import * as t from 'io-ts';
import { nameOf } from '../../codec/codecs';
import { closedObject } from '../../codec/object-codec';
import { tableOid } from '../../sql/catalog-oids';
import { derivedName, qualified, quoted, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { ownLock } from '../../sql/own-lock';
import { EQ } from '../../sql/qualified-sql';
import { block } from '../../sql/server-check';
import { hasNoKey, isIdentity } from '../key-guards';
import { exclusiveLock, step, type Hazard, type Lock } from '../plan';
import type { Operation } from './operation';

const codec = closedObject('dropKey', { kind: t.literal('dropKey'), table: nameOf('table') }, {});

type DropKey = t.TypeOf<typeof codec>;

/** `alter table … drop constraint`, of the primary key, whatever its name. Its columns stay NOT NULL. */
export const dropKey: Operation<DropKey, t.OutputOf<typeof codec>> = {
  codec,
  message: 'DROP PRIMARY KEY',
  effects: (_org, { table }) => [{ verb: 'drops', of: 'key', table }],
  plan: (org, { table }) => {
    const locks: Lock[] = [exclusiveLock(org, table)];
    const derived = derivedName('pkey', table, []);
    return {
      guards: [ownLock(org, table), hasNoKey(org, table, derived), isIdentity(org, table)],
      steps: [
        step(`alter table ${qualified(org, table)} drop constraint if exists ${quoted(derived)}`, {
          locks,
          hazards: [noKey(table)],
        }),
        step(dropOtherKey(org, table), { locks }),
      ],
    };
  },
  advice: {
    DEPENDENT_OBJECTS: ({ model, dependents }) =>
      `Other objects need the primary key of ${model}: ${dependents}. Nothing was changed. Drop these first (dropReference for a foreign key), and add them again afterwards.`,
  },
};

function noKey(table: Identifier): Hazard {
  return {
    kind: 'noKey',
    table,
    message: `Without its primary key, PostgreSQL refuses to update or delete rows of "${table}" once it is in a publication.`,
    saferWay: 'Add the key that is to take its place in the same list of changes (addKey), or set a replica identity.',
  };
}

/** One that has another name than the derived one. */
function dropOtherKey(org: Identifier, table: Identifier): string {
  return block(`declare
  found pg_catalog.record;
begin
  for found in select k.conname from pg_catalog.pg_constraint k
    where k.conrelid ${EQ} ${tableOid(org, table)} and k.contype ${EQ} 'p'
  loop
    execute pg_catalog.format(${literal(`alter table ${qualified(org, table)} drop constraint %I`)}, found.conname);
  end loop;
end`);
}
