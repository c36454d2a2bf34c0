import type { ExamplesOf } from './example';

export const dropIndexExamples: ExamplesOf<'dropIndex'> = [
  { variant: 'an index', change: { kind: 'dropIndex', table: 'invoice', name: 'invoice_by_status' } },
];
