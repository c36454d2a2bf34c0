import type { ExamplesOf } from './example';

export const dropFieldExamples: ExamplesOf<'dropField'> = [
  { variant: 'a field', change: { kind: 'dropField', table: 'invoice', column: 'note' } },
  { variant: 'a unique field', change: { kind: 'dropField', table: 'invoice', column: 'code' } },
  {
    variant: 'a field that refers to another table',
    change: {
      kind: 'dropField',
      table: 'invoice',
      column: 'customer_id',
      referencing: [{ schema: 'acme-corp', table: 'customer' }],
    },
  },
  {
    variant: 'a field of an index over several',
    change: { kind: 'dropField', table: 'invoice', column: 'amount', cascade: ['invoice_by_status'] },
  },
];
