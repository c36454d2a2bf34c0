import { isRight } from 'fp-ts/lib/Either';
import type * as t from 'io-ts';
import { faultsOf } from './closed';
import { MigrationError, type Fault } from './errors';
import type { Json } from './field-types/field-type';

type DefaultCodec = t.Type<Json, Json, unknown>;

/** What keeps a default from being one of its type. */
export function defaultFaultsOf(codec: DefaultCodec, given: unknown, path = 'default'): readonly Fault[] {
  const read = codec.decode(given);
  return isRight(read) ? [] : faultsOf(read.left).map(({ message }) => ({ path, message }));
}

/** A default that has passed {@link defaultFaultsOf}, as it is kept. */
export function storedDefault(codec: DefaultCodec, given: unknown): Json {
  const read = codec.decode(given);
  if (isRight(read)) return read.right;
  throw new MigrationError('A default that was let through reads differently the second time.', {
    code: 'INVALID_SPEC',
  });
}
