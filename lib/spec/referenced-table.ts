import type * as t from 'io-ts';
import { closed } from '../codec/object-codec';
import { nameOf } from '../codec/codecs';

/**
 * A table at the other end of a foreign key of what is dropped or written anew, as the caller's metadata has
 * it. PostgreSQL locks that table too, which no plan made without a database can know. It is said for the
 * plan alone: what runs is the same without it.
 */
export const referenced = closed('Referenced', { schema: nameOf('schema'), table: nameOf('table') }, {});

/** As a caller writes it. */
export type ReferencedSpec = t.OutputOf<typeof referenced>;
export type Referenced = t.TypeOf<typeof referenced>;
