// The examples of every operation: operations.md shows what the tests prove.
import type { Change } from '../../lib';
import type { ChangeKind } from '../../lib/plan/operations';
import { addFieldExamples } from './add-field';
import { addIndexExamples } from './add-index';
import { addKeyExamples } from './add-key';
import { addReferenceExamples } from './add-reference';
import { alterFieldExamples } from './alter-field';
import { createModelExamples } from './create-model';
import { dropFieldExamples } from './drop-field';
import { dropIndexExamples } from './drop-index';
import { dropKeyExamples } from './drop-key';
import { dropModelExamples } from './drop-model';
import { dropReferenceExamples } from './drop-reference';
import { renameFieldExamples } from './rename-field';
import { renameModelExamples } from './rename-model';
import type { ExamplesOf } from './example';

export * from './tables';

/** A new operation without examples does not compile. */
const examples: { readonly [K in ChangeKind]: ExamplesOf<K> } = {
  createModel: createModelExamples,
  addField: addFieldExamples,
  dropField: dropFieldExamples,
  renameField: renameFieldExamples,
  alterField: alterFieldExamples,
  renameModel: renameModelExamples,
  dropModel: dropModelExamples,
  addIndex: addIndexExamples,
  dropIndex: dropIndexExamples,
  addReference: addReferenceExamples,
  dropReference: dropReferenceExamples,
  addKey: addKeyExamples,
  dropKey: dropKeyExamples,
};

export interface Example {
  readonly kind: ChangeKind;
  readonly variant: string;
  readonly change: Change;
}

/** The examples of all operations, in the order of the registry. */
export function allExamples(): readonly Example[] {
  return Object.entries(examples).flatMap(([kind, own]) =>
    own.map(({ variant, change }) => ({ kind: kind as ChangeKind, variant, change })),
  );
}

/** The first example of an operation. */
export function firstExample(kind: ChangeKind): Change {
  const [first] = examples[kind];
  if (first === undefined) throw new Error(`There is no example of ${kind}.`);
  return first.change;
}
