import type { ExamplesOf } from './example';

export const addIndexExamples: ExamplesOf<'addIndex'> = [
  { variant: 'an index', change: { kind: 'addIndex', table: 'invoice', columns: ['amount', 'quantity'] } },
  {
    variant: 'a unique index',
    change: { kind: 'addIndex', table: 'invoice', columns: ['id', 'status'], unique: true, name: 'invoice_once' },
  },
  {
    variant: 'an order, and columns beside it',
    change: {
      kind: 'addIndex',
      table: 'invoice',
      columns: [{ column: 'issued_at', order: 'desc', nulls: 'last' }, 'id'],
      include: ['title'],
      name: 'invoice_latest',
    },
  },
  {
    variant: 'unique whatever the case, on some of the rows',
    change: {
      kind: 'addIndex',
      table: 'invoice',
      columns: [{ column: 'code', lower: true }],
      unique: true,
      where: [
        { column: 'status', equals: 'sent' },
        { column: 'public_id', is: 'null' },
      ],
      name: 'invoice_code_once',
    },
  },
  {
    variant: 'hash',
    change: { kind: 'addIndex', table: 'invoice', columns: ['note'], method: 'hash' },
  },
  {
    variant: 'brin',
    change: { kind: 'addIndex', table: 'invoice', columns: ['issued_at'], method: 'brin', name: 'invoice_by_day' },
  },
  {
    variant: 'an operator class',
    change: {
      kind: 'addIndex',
      table: 'invoice',
      columns: [{ column: 'title', operatorClass: 'varchar_pattern_ops' }],
    },
  },
];
