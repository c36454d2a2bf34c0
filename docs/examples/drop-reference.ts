import type { ExamplesOf } from './example';

export const dropReferenceExamples: ExamplesOf<'dropReference'> = [
  {
    variant: 'a reference',
    change: {
      kind: 'dropReference',
      table: 'invoice',
      columns: ['customer_id'],
      referencing: [{ schema: 'acme-corp', table: 'customer' }],
    },
  },
];
