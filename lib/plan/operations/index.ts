import type * as t from 'io-ts';
import { addField } from './add-field';
import { addIndex } from './add-index';
import { addKey } from './add-key';
import { addReference } from './add-reference';
import { alterField } from './alter-field';
import { createModel } from './create-model';
import { dropField } from './drop-field';
import { dropIndex } from './drop-index';
import { dropKey } from './drop-key';
import { dropModel } from './drop-model';
import { dropReference } from './drop-reference';
import type { Operation } from './operation';
import { renameField } from './rename-field';
import { renameModel } from './rename-model';

/** Every operation, by the `kind` of its change. A new one needs its file, a line here and a test. */
export const operations = {
  createModel,
  addField,
  dropField,
  renameField,
  alterField,
  renameModel,
  dropModel,
  addIndex,
  dropIndex,
  addReference,
  dropReference,
  addKey,
  dropKey,
} as const;

type Operations = typeof operations;
export type ChangeKind = keyof Operations;

/** What callers write: one change to one tenant's tables, as data. */
export type Change = { [K in ChangeKind]: t.OutputOf<Operations[K]['codec']> }[ChangeKind];

/** A checked change; its JSON is a valid change again. */
export type CheckedChange = { [K in ChangeKind]: t.TypeOf<Operations[K]['codec']> }[ChangeKind];

/** The registry's entry for a change. */
export function operationOf(kind: ChangeKind): Operation<CheckedChange, Change> {
  return operations[kind] as unknown as Operation<CheckedChange, Change>;
}
