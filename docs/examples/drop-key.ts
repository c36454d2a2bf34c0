import type { ExamplesOf } from './example';

export const dropKeyExamples: ExamplesOf<'dropKey'> = [
  { variant: 'a key', change: { kind: 'dropKey', table: 'line' } },
];
