import type { ExamplesOf } from './example';

export const addIndexExamples: ExamplesOf<'addIndex'> = [
  { variant: 'an index', change: { kind: 'addIndex', table: 'invoice', columns: ['amount', 'quantity'] } },
  {
    variant: 'a unique index',
    change: { kind: 'addIndex', table: 'invoice', columns: ['id', 'status'], unique: true, name: 'invoice_once' },
  },
];
