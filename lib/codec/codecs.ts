import * as t from 'io-ts';
import { BOUNDS } from './bounds';
import { textSizeFault } from './bounded-copy';
import { didYouMean, type OtherWords } from './hints';
import { identifierFault, MAX_IDENTIFIER_BYTES, type Identifier, type IdentifierUse } from '../sql/identifier';
import { textFault } from '../sql/literal';

/** The name of every codec for names: it identifies a fault as one of a name. */
export const NAME_CODEC = 'a name';

/** A codec that passes a value on unchanged. Its fault can be found without an io-ts context. */
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

/** A name without an {@link identifierFault}. */
export function nameOf(use: IdentifierUse): t.Type<Identifier, string, unknown> {
  return new OneValue(NAME_CODEC, (value) => identifierFault(value, use));
}

/** The name of an object that others may have created: whatever PostgreSQL accepts, which is more than we do. */
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

/** A closed set of words; `others` are synonyms for the hint. */
export function oneOf<K extends string>(words: readonly K[], others?: OtherWords): t.Type<K, K, unknown> {
  return new OneValue('a word', (value) =>
    words.some((word) => word === value)
      ? undefined
      : `must be one of ${words.join(', ')}${didYouMean(value, words, others)}`,
  );
}

/** A list with its items' codec and a maximum number of items; it has its own message for what is not a list. */
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
      // Before the items are checked: an endless list would keep all other tenants waiting.
      if (value.length > maxItems) return t.failure(value, context, `must have at most ${maxItems} items`);
      // A copy, each item read once: later changes do not matter.
      return items.validate(Array.from(value as unknown[]), context);
    },
    items.encode,
  );
}
