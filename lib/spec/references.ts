import type * as t from 'io-ts';
import { listOf, nameOf, OneValue, oneOf } from '../codec/codecs';
import { closedObject, type Closed } from '../codec/object-codec';
import type { Identifier } from '../sql/identifier';
import type { OnDelete } from './spec-types';

/** What becomes of a row when the row that it refers to is deleted, or its key changed (manual 5.5.5, Foreign Keys). */
export const referentialAction = oneOf<OnDelete>(['CASCADE', 'SET NULL', 'RESTRICT', 'NO ACTION']);

/** Whether the key may be looked at as late as COMMIT: `true` where a transaction says so, `'deferred'` always. */
const deferrable = new OneValue<true | 'deferred'>('a word', (value) =>
  value === true || value === 'deferred' ? undefined : "must be true or 'deferred'",
);

const options = { schema: nameOf('schema'), onDelete: referentialAction, onUpdate: referentialAction, deferrable };

export const columns = listOf(nameOf('column'));

const ofOne = { table: nameOf('table'), column: nameOf('column') };
const ofSeveral = { table: nameOf('table'), columns };

const OneCodec = closedObject('Reference', ofOne, options);
const SeveralCodec = closedObject('References', ofSeveral, options);

/** With its schema: the gate of changes fills in the org where none is named. */
type Whole<T> = T & { readonly schema: Identifier };

/** The codec of what a field refers to. */
export const Reference = OneCodec as unknown as t.Type<
  Whole<Closed<typeof ofOne, typeof options>>,
  t.OutputOf<typeof OneCodec>,
  unknown
>;

/** The codec of what several columns refer to, together. */
export const References = SeveralCodec as unknown as t.Type<
  Whole<Closed<typeof ofSeveral, typeof options>>,
  t.OutputOf<typeof SeveralCodec>,
  unknown
>;
