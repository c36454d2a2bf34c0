// The tables that the examples use.
import type { ModelSpec } from '../../lib';

/** The versions of PostgreSQL on which each example is proved. */
export const MAJORS = [14, 15, 16, 17, 18] as const;

/** In each table, except the empty and the shared one. */
export const ROWS = 10_000;

/** The org and the shared schema in the examples. */
export const ORG = 'acme-corp';
export const SHARED = 'public';

export const EXAMPLE_MODELS: readonly ModelSpec[] = [
  { table: 'customer', fields: [{ name: 'id', type: 'Int' }] },
  {
    table: 'invoice',
    fields: [
      { name: 'id', type: 'Int' },
      {
        name: 'customer_id',
        type: 'Int',
        references: { schema: ORG, table: 'customer', column: 'id', onDelete: 'CASCADE' },
      },
      { name: 'code', type: 'String', unique: true },
      { name: 'title', type: 'String', length: 40 },
      { name: 'note', type: 'Text' },
      { name: 'quantity', type: 'Int', default: 1 },
      { name: 'amount', type: 'Decimal', precision: 12, scale: 2 },
      { name: 'status', type: 'Enum', values: ['draft', 'sent'] },
      { name: 'issued_at', type: 'DateTime', nullable: false },
      { name: 'public_id', type: 'Uuid' },
      { name: 'tags', type: 'Text', array: true },
      { name: 'marks', type: 'Decimal', precision: 5, scale: 2, array: true },
    ],
    indexes: [{ columns: ['status', 'amount'], name: 'invoice_by_status' }, { columns: ['issued_at'] }],
  },
  {
    table: 'line',
    fields: [
      {
        name: 'invoice_id',
        type: 'Int',
        primaryKey: true,
        references: { schema: ORG, table: 'invoice', column: 'id', onDelete: 'CASCADE' },
      },
      { name: 'place', type: 'Int', primaryKey: true },
    ],
  },
  {
    table: 'reading',
    fields: [
      { name: 'number', type: 'Int' },
      { name: 'sensor', type: 'Int', nullable: false },
      { name: 'taken_at', type: 'DateTime', nullable: false },
    ],
  },
  { table: 'setting', fields: [{ name: 'id', type: 'Int' }] },
];

/** In the shared schema. */
export const SHARED_MODEL: ModelSpec = {
  table: 'currency',
  fields: [{ name: 'code', type: 'String', length: 3, primaryKey: true }],
};
