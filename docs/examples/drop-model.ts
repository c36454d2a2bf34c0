import type { ExamplesOf } from './example';

export const dropModelExamples: ExamplesOf<'dropModel'> = [
  { variant: 'a model that refers to none', change: { kind: 'dropModel', table: 'setting' } },
  {
    variant: 'a model that refers to another',
    change: { kind: 'dropModel', table: 'line', referencing: [{ schema: 'acme-corp', table: 'invoice' }] },
  },
];
