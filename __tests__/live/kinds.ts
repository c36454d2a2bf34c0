// Each kind of online change, on the table of tables.ts.
import type { Change, FieldSpec } from '../../lib';
import { toBigInt } from '../support/invoices';
import { TABLE, TYPES } from './tables';

export interface LiveKind {
  readonly name: string;
  /** Those of a chart. */
  readonly group: 'indexes and keys' | 'constraints' | 'fields and types';
  /** Statements, and then changes, that come before the clients. */
  readonly setup?: readonly string[];
  readonly before?: readonly Change[];
  readonly change: Change;
  /** Whether prepared statements that return the field fail once with 0A000. */
  readonly swaps?: boolean;
  /** A field that comes with the change and is filled in batches, into which clients write NULL. */
  readonly filled?: string;
}

const field = (spec: FieldSpec): Change => ({ kind: 'addField', table: 'invoice', field: spec });
const alter = (column: string, set: object): Change => ({ kind: 'alterField', table: 'invoice', column, set });
const byStatus: Change = { kind: 'addIndex', table: 'invoice', columns: ['status'], name: 'by_status' };

export const LIVE_KINDS: readonly LiveKind[] = [
  { name: 'index', group: 'indexes and keys', change: byStatus },
  {
    name: 'unique index',
    group: 'indexes and keys',
    change: { kind: 'addIndex', table: 'invoice', columns: ['code'], unique: true },
  },
  {
    name: 'dropped index',
    group: 'indexes and keys',
    before: [byStatus],
    change: { kind: 'dropIndex', table: 'invoice', name: 'by_status' },
  },
  { name: 'unique field', group: 'indexes and keys', change: alter('code', { unique: true }) },
  {
    name: 'new unique field',
    group: 'fields and types',
    change: field({ name: 'external_id', type: 'String', unique: true }),
  },
  {
    name: 'reference',
    group: 'constraints',
    change: {
      kind: 'addReference',
      table: 'invoice',
      columns: ['customer_id'],
      references: { table: 'customer', columns: ['id'], onDelete: 'CASCADE' },
    },
  },
  { name: 'NOT NULL', group: 'constraints', change: alter('status', { nullable: false, default: 'draft' }) },
  { name: 'values of an Enum', group: 'constraints', change: alter('kind', { values: [...TYPES, 'c'] }) },
  {
    name: 'new Enum',
    group: 'constraints',
    change: field({ name: 'level', type: 'Enum', values: ['low', 'high'], default: 'low' }),
  },
  {
    name: 'primary key',
    group: 'indexes and keys',
    // By which clients find rows in the time without a key.
    setup: [`create unique index by_id on ${TABLE} (id)`],
    before: [{ kind: 'dropKey', table: 'invoice' }],
    change: { kind: 'addKey', table: 'invoice', columns: ['id'] },
  },
  {
    name: 'default of its own for each row',
    group: 'fields and types',
    change: field({ name: 'public_id', type: 'Uuid', default: { fn: 'uuid' } }),
    filled: 'public_id',
  },
  { name: 'type', group: 'fields and types', change: toBigInt('amount'), swaps: true },
  { name: 'type of the key', group: 'fields and types', change: toBigInt('id'), swaps: true },
];
