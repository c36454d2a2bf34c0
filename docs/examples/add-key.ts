import type { ExamplesOf } from './example';

export const addKeyExamples: ExamplesOf<'addKey'> = [
  { variant: 'a key of one field', change: { kind: 'addKey', table: 'reading', columns: ['number'] } },
  { variant: 'a key of two fields', change: { kind: 'addKey', table: 'reading', columns: ['sensor', 'taken_at'] } },
];
