/** Synonyms for each known word. */
export type OtherWords = Readonly<Record<string, readonly string[]>>;

/** For the keys of a spec, as databases, other libraries and forms call them. */
const WORDS_FOR_KEYS: OtherWords = {
  default: ['defaultvalue', 'defaultto', 'defaultsto', 'initial'],
  primaryKey: ['primary', 'pk', 'isprimary', 'isprimarykey', 'key'],
  unique: ['isunique', 'uniq'],
  nullable: ['isnullable', 'allownull', 'null', 'optional'],
  length: ['maxlength', 'size', 'len', 'max'],
  values: ['enum', 'options', 'choices', 'enumvalues'],
  comment: ['description', 'note'],
  references: ['reference', 'foreignkey', 'ref', 'relation', 'fk'],
  onDelete: ['ondeleteaction', 'deleterule'],
  fields: ['columns', 'attributes', 'properties'],
  columns: ['fields', 'column', 'field'],
  column: ['field', 'name'],
  table: ['model', 'tablename', 'name'],
  name: ['column', 'field', 'columnname'],
  to: ['newname', 'into'],
};

/** Hints that are more than another key. */
const SAYINGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    required: 'nullable: false',
    notnull: 'nullable: false',
    notnullable: 'nullable: false',
    index: 'indexes of the model',
    indexed: 'indexes of the model',
  }),
);

/** A longer word is not a typo. */
const MAX_WORD_CHARACTERS = 30;

/** `; did you mean "Int"?`, or nothing. */
export function didYouMean(given: unknown, words: readonly string[], others: OtherWords = {}): string {
  const meant = meantBy(given, words, others);
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}

/** The same for a key, among those of its object. */
export function keyHint(key: string, known: object): string {
  const words = Object.keys(known);
  const plain = plainWord(key);
  const slip = meantBy(key, words, WORDS_FOR_KEYS) === undefined ? closest(plain, [...SAYINGS.keys()]) : undefined;
  const saying = SAYINGS.get(plain) ?? SAYINGS.get(slip ?? '');
  if (saying !== undefined && words.includes('nullable')) return `; did you mean "${saying}"?`;
  return didYouMean(key, words, WORDS_FOR_KEYS);
}

function meantBy(given: unknown, words: readonly string[], others: OtherWords): string | undefined {
  if (typeof given !== 'string' || given.length > MAX_WORD_CHARACTERS) return undefined;
  const plain = plainWord(given);
  return (
    words.find((word) => plainWord(word) === plain) ??
    words.find((word) => Object.hasOwn(others, word) && others[word]?.includes(plain)) ??
    closest(plain, words)
  );
}

/** Removes what spellings differ in: `default_value` is `defaultValue`, `varchar(20)` is `varchar`. */
function plainWord(word: string): string {
  if (word.length > MAX_WORD_CHARACTERS) return '';
  return word.toLowerCase().replace(/\(.*$/, '').replace(/[_-]/g, '').trim();
}

/** One letter added, missing or replaced, or two letters swapped. */
function closest(plain: string, words: readonly string[]): string | undefined {
  return plain.length < 3 ? undefined : words.find((word) => isSlipOf(plain, plainWord(word)));
}

function isSlipOf(given: string, word: string): boolean {
  let start = 0;
  while (start < given.length && given[start] === word[start]) start += 1;
  let end = 0;
  while (end < Math.min(given.length, word.length) - start && given.at(-1 - end) === word.at(-1 - end)) end += 1;
  const [more, less] = [given.slice(start, given.length - end), word.slice(start, word.length - end)];
  if (more.length <= 1 && less.length <= 1) return true;
  return more.length === 2 && less.length === 2 && more[0] === less[1] && more[1] === less[0];
}
