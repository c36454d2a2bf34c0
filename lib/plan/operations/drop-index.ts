import * as t from 'io-ts';
import { closedObject } from '../../codec/object-codec';
import { existingName, nameOf } from '../../codec/codecs';
import { tableOid } from '../../sql/catalog-oids';
import { guard } from '../../sql/server-check';
import { qualified, qualifiedExisting, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { ownLock } from '../../sql/own-lock';
import { dropIndexConcurrently } from '../online/index-stages';
import { exclusiveLock, step } from '../plan';
import { EQ } from '../../sql/qualified-sql';
import type { Operation } from './operation';

const codec = closedObject(
  'dropIndex',
  { kind: t.literal('dropIndex'), table: nameOf('table'), name: existingName },
  {},
);

type DropIndex = t.TypeOf<typeof codec>;

/** `drop index`, after checking that it belongs to this table: index names are unique per schema. */
export const dropIndex: Operation<DropIndex, t.OutputOf<typeof codec>> = {
  codec,
  message: 'DROP INDEX',
  effects: (_org, { table, name }) => [{ verb: 'drops', of: 'index', table, name }],
  plan: (org, { table, name }) => ({
    guards: [ownLock(org, table), notOnTable(org, table, name), isIdentity(org, table, name)],
    steps: [
      // knex would split a name at its dots.
      step(`drop index ${qualifiedExisting(org, name)}`, {
        locks: [exclusiveLock(org, table)],
      }),
    ],
  }),
  stages: (org, { table, name }) => ({
    checks: [{ guard: notOnTable(org, table, name) }, { guard: isIdentity(org, table, name) }],
    stages: [dropIndexConcurrently(org, table, name)],
  }),
};

function notOnTable(org: Identifier, table: Identifier, name: string): string {
  const relation = tableOid(org, table);
  return guard({
    kind: 'index',
    at: { table },
    test: `select where ${relation} is not null and not exists (
      select from pg_catalog.pg_index where indexrelid ${EQ} ${regclass(org, name)} and indrelid ${EQ} ${relation})`,
    reason: literal(`There is no index "${name}" on ${qualified(org, table)}`),
  });
}

/** Without it, every update and delete of a published table fails, and DROP INDEX does not warn. */
function isIdentity(org: Identifier, table: Identifier, name: string): string {
  return guard({
    kind: 'identity',
    at: { table },
    test: `select from pg_catalog.pg_index where indexrelid ${EQ} ${regclass(org, name)} and indisreplident`,
    reason: literal(
      `The index "${name}" is the replica identity of its table: without it, updates and deletes fail once the table is published. Give the table another replica identity first`,
    ),
  });
}

function regclass(org: Identifier, name: string): string {
  return `pg_catalog.to_regclass(${literal(qualifiedExisting(org, name))})`;
}
