// What a change means to the metadata, written in the transaction that makes the change.
import type { Knex } from 'knex';
import type { Change, FieldSpec } from 'tenant-ddl';
import { own } from './metadata';

type ChangeOf<K extends Change['kind']> = Extract<Change, { readonly kind: K }>;

interface Kind<C> {
  readonly summary: (change: C) => string;
  readonly write: (org: string, change: C, db: Knex) => Promise<unknown>;
}

/** The changes that this service makes; another one is a line here. */
const KINDS: { readonly [K in Change['kind']]?: Kind<ChangeOf<K>> } = {
  createModel: {
    summary: ({ table }) => `Create model ${table}`,
    write: async (org, { table, fields }, db) => {
      await own(db, 'model').insert({ org, name: table });
      await own(db, 'field').insert(fields.map((field) => fieldRow(org, table, field)));
    },
  },
  dropModel: {
    summary: ({ table }) => `Drop model ${table}`,
    write: (org, { table }, db) => own(db, 'model').where({ org, name: table }).delete(),
  },
  addField: {
    summary: ({ table, field }) => `Add field ${field.name} to ${table}`,
    write: (org, { table, field }, db) => own(db, 'field').insert(fieldRow(org, table, field)),
  },
  dropField: {
    summary: ({ table, column }) => `Drop field ${column} of ${table}`,
    write: async (org, { table, column }, db) => {
      await own(db, 'field').where({ org, model: table, name: column }).delete();
      // PostgreSQL drops every index over the column.
      const indexes = own(db, 'index').where({ org, model: table });
      await indexes.whereJsonSupersetOf('columns', [column]).delete();
    },
  },
  addIndex: {
    summary: ({ table, columns }) => `Add an index on ${table} (${columns.map(nameOf).join(', ')})`,
    write: (org, { table, columns }, db) =>
      own(db, 'index').insert({ org, model: table, columns: JSON.stringify(columns) }),
  },
};

export const KNOWN_KINDS = Object.keys(KINDS);

export function summaryOf(change: Change): string {
  return kindOf(change).summary(change);
}

/** What is told of a change in the history. */
export interface Ran {
  readonly statements: readonly string[];
  readonly durationMs?: number;
  readonly rollout?: string;
}

/** Writes what the metadata is after a change, and a line of the history. */
export async function writeChange(org: string, change: Change, ran: Ran, db: Knex): Promise<void> {
  await kindOf(change).write(org, change, db);
  await writeHistory(org, summaryOf(change), ran, db);
}

export async function writeHistory(org: string, summary: string, ran: Ran, db: Knex): Promise<void> {
  const { statements, durationMs, rollout } = ran;
  await own(db, 'history').insert({ org, summary, statements: JSON.stringify(statements), durationMs, rollout });
}

function nameOf(column: string | { readonly column: string }): string {
  return typeof column === 'string' ? column : column.column;
}

function kindOf(change: Change): Kind<Change> {
  return KINDS[change.kind] as unknown as Kind<Change>;
}

function fieldRow(org: string, model: string, field: FieldSpec): object {
  return { org, model, name: field.name, spec: JSON.stringify(field) };
}
