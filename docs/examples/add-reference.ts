import type { ExamplesOf } from './example';

export const addReferenceExamples: ExamplesOf<'addReference'> = [
  {
    variant: 'a reference',
    change: {
      kind: 'addReference',
      table: 'invoice',
      columns: ['quantity'],
      references: { table: 'customer', columns: ['id'], onDelete: 'RESTRICT' },
    },
  },
  {
    variant: 'a reference to the table itself',
    change: {
      kind: 'addReference',
      table: 'invoice',
      columns: ['quantity'],
      references: { table: 'invoice', columns: ['id'], onDelete: 'SET NULL', deferrable: 'deferred' },
    },
  },
];
