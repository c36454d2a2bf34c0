import type { ExamplesOf } from './example';

export const renameModelExamples: ExamplesOf<'renameModel'> = [
  { variant: 'a model', change: { kind: 'renameModel', table: 'invoice', to: 'bill' } },
];
