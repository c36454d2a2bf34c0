import type * as t from 'io-ts';
import { closedObject } from '../codec/object-codec';
import { nameOf } from '../codec/codecs';

/**
 * A table at the other end of a foreign key that is dropped or recreated, from the caller's metadata. PostgreSQL locks
 * that table too, which a plan made without a database cannot know. It only completes the plan and does not change
 * what runs.
 */
export const referenced = closedObject('Referenced', { schema: nameOf('schema'), table: nameOf('table') }, {});

/** What callers write. */
export type ReferencedSpec = t.OutputOf<typeof referenced>;
export type Referenced = t.TypeOf<typeof referenced>;
