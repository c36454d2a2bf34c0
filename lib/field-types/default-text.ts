/**
 * A default as `pg_get_expr` writes it: a constant, a word (`true`, `CURRENT_DATE`), a call or an array, each with the
 * casts around it, innermost first. Nothing is evaluated, and any other expression is not read at all.
 */
export type DefaultText = {
  readonly casts: readonly string[];
} & (
  | { readonly is: 'text' | 'number' | 'word'; readonly value: string }
  | { readonly is: 'call'; readonly value: string; readonly args: readonly DefaultText[] }
  | { readonly is: 'array'; readonly items: readonly DefaultText[] }
);

// Each is tried at the current position.
const TEXT = /'((?:[^']|'')*)'/y;
const NUMBER = /-?\d+(?:\.\d+)?/y;
const NAME = /[A-Za-z_]+/y;
const CAST = /::([a-z ]+?(?:\(\d+(?:,-?\d+)?\))?(?: with(?:out)? time zone)?(?:\[\])?)(?=::|[),\]]|$)/y;

/** Reads the expression of a default, under a search_path of pg_catalog and standard_conforming_strings. */
export function defaultTextIn(sql: string): DefaultText | undefined {
  const reading = { sql, at: 0 };
  const read = expression(reading);
  return reading.at === sql.length ? read : undefined;
}

/** The current position. */
interface Reading {
  readonly sql: string;
  at: number;
}

function expression(reading: Reading): DefaultText | undefined {
  let read = primary(reading);
  for (let cast = take(reading, CAST); cast !== null && read !== undefined; cast = take(reading, CAST)) {
    read = { ...read, casts: [...read.casts, cast[1] ?? ''] };
  }
  return read;
}

function primary(reading: Reading): DefaultText | undefined {
  if (skip(reading, '(')) {
    const inner = expression(reading);
    return skip(reading, ')') ? inner : undefined;
  }
  const text = take(reading, TEXT);
  if (text !== null) return { is: 'text', value: (text[1] ?? '').replaceAll("''", "'"), casts: [] };
  const number = take(reading, NUMBER);
  if (number !== null) return { is: 'number', value: number[0], casts: [] };
  if (skip(reading, 'ARRAY[')) {
    const items = listUpTo(reading, ']');
    return items && { is: 'array', items, casts: [] };
  }
  const name = take(reading, NAME);
  if (name === null) return undefined;
  if (!skip(reading, '(')) return { is: 'word', value: name[0], casts: [] };
  const args = listUpTo(reading, ')');
  return args && { is: 'call', value: name[0], args, casts: [] };
}

function listUpTo(reading: Reading, end: string): readonly DefaultText[] | undefined {
  const items: DefaultText[] = [];
  while (!skip(reading, end)) {
    if (items.length > 0 && !skip(reading, ', ')) return undefined;
    const item = expression(reading);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function take(reading: Reading, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reading.at;
  const found = pattern.exec(reading.sql);
  if (found !== null) reading.at = pattern.lastIndex;
  return found;
}

function skip(reading: Reading, token: string): boolean {
  if (!reading.sql.startsWith(token, reading.at)) return false;
  reading.at += token.length;
  return true;
}

/** A constant of one of these types; a cast to any other could have changed it. */
export function textOfType(read: DefaultText, ...types: readonly string[]): string | undefined {
  return read.is === 'text' && read.casts.length > 0 && read.casts.every((cast) => types.includes(cast))
    ? read.value
    : undefined;
}

const WHOLE = ['smallint', 'integer', 'bigint'];
const DIGITS = /^-?\d+(?:\.\d+)?$/;

/** The digits of a number, whatever the type of the constant; undefined after a cast that could have changed it. */
export function digitsIn(read: DefaultText): string | undefined {
  if ((read.is !== 'text' && read.is !== 'number') || !DIGITS.test(read.value)) return undefined;
  if (read.is === 'text' && read.casts.length === 0) return undefined;
  const isWhole = !read.value.includes('.');
  return read.casts.every((cast) => cast === 'numeric' || (isWhole && WHOLE.includes(cast))) ? read.value : undefined;
}

/** The same as a number; the type itself refuses one with a fraction. */
export function wholeNumberIn(read: DefaultText): number | undefined {
  const digits = digitsIn(read);
  return digits === undefined ? undefined : Number(digits);
}

/** A call without arguments, or a keyword that means one. */
export function isCallOf(read: DefaultText, names: readonly string[], ...casts: readonly string[]): boolean {
  if (read.is !== 'word' && !(read.is === 'call' && read.args.length === 0)) return false;
  return names.includes(read.value) && read.casts.join() === casts.join();
}

/** The start of the transaction, in each of its spellings (manual 9.9.5). */
export const NOW = ['now', 'transaction_timestamp', 'CURRENT_TIMESTAMP'] as const;
