import type { ExamplesOf } from './example';

export const renameFieldExamples: ExamplesOf<'renameField'> = [
  { variant: 'a field', change: { kind: 'renameField', table: 'invoice', column: 'note', to: 'remark' } },
  {
    variant: 'a field with an index',
    change: { kind: 'renameField', table: 'invoice', column: 'issued_at', to: 'sent_at' },
  },
  { variant: 'a unique field', change: { kind: 'renameField', table: 'invoice', column: 'code', to: 'number' } },
  {
    variant: 'a field that refers to another table',
    change: { kind: 'renameField', table: 'invoice', column: 'customer_id', to: 'buyer_id' },
  },
];
