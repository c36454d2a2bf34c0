import * as t from 'io-ts';
import { BOUNDS } from './bounds';
import { textSizeFault } from './bounded-copy';
import { didYouMean, type OtherWords } from './hints';
import { identifierFault, MAX_IDENTIFIER_BYTES, type Identifier, type IdentifierUse } from '../sql/identifier';
import { textFault } from '../sql/literal';

/** The name of every codec of a name, by which a fault is known to be one of a name. */
export const NAME_CODEC = 'a name';

/** The codec of a value that is let through as it is. What is wrong with it can be asked without a context. */
export class OneValue<A extends O, O = A> extends t.Type<A, O, unknown> {
  constructor(
    name: string,
    readonly fault: (value: unknown) => string | undefined,
  ) {
    super(
      name,
      (value): value is A => fault(value) === undefined,
      (value, context) => {
        const message = fault(value);
        return message === undefined ? t.success(value as A) : t.failure(value, context, message);
      },
      t.identity,
    );
  }
}

/** Lets a name through as {@link identifierFault} does. */
export function nameOf(use: IdentifierUse): t.Type<Identifier, string, unknown> {
  return new OneValue(NAME_CODEC, (value) => identifierFault(value, use));
}

/** The name of something that others may have made: whatever PostgreSQL takes for a name, which is more than we do. */
export const existingName = new OneValue<string>(NAME_CODEC, (value) => {
  if (typeof value !== 'string') return 'must be a string';
  if (value === '' || value.includes('\0')) return 'is not a name in PostgreSQL';
  return Buffer.byteLength(value) > MAX_IDENTIFIER_BYTES ? `is longer than ${MAX_IDENTIFIER_BYTES} bytes` : undefined;
});

/** Text that PostgreSQL can store. */
export const text = new OneValue<string>('a string', (value) =>
  typeof value === 'string' ? (textSizeFault(value) ?? textFault(value)) : 'must be a string',
);

export const flag = new OneValue<boolean>('a boolean', (value) =>
  typeof value === 'boolean' ? undefined : 'must be true or false',
);

export const number = new OneValue<number>('a number', (value) =>
  typeof value === 'number' ? undefined : 'must be a number',
);

/** A closed set of words; `others` are what is also said for them. */
export function oneOf<K extends string>(words: readonly K[], others?: OtherWords): t.Type<K, K, unknown> {
  return new OneValue('a word', (value) =>
    words.some((word) => word === value)
      ? undefined
      : `must be one of ${words.join(', ')}${didYouMean(value, words, others)}`,
  );
}

/** Each item by its codec, up to a number of items; a message for what is no list at all. */
export function listOf<A, O>(
  item: t.Type<A, O, unknown>,
  maxItems: number = BOUNDS.listItems,
): t.Type<readonly A[], readonly O[], unknown> {
  const items = t.readonlyArray(item);
  return new t.Type<readonly A[], readonly O[], unknown>(
    'a list',
    items.is,
    (value, context) => {
      if (!Array.isArray(value)) return t.failure(value, context, 'must be a list');
      // Before the items are looked at: a list without end would keep all other tenants waiting.
      if (value.length > maxItems) return t.failure(value, context, `must have at most ${maxItems} items`);
      // A copy, each item read once: what it is later, or the second time, has no say.
      return items.validate(Array.from(value as unknown[]), context);
    },
    items.encode,
  );
}
