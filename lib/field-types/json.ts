import { BOUNDS } from '../codec/bounds';
import { decimalDigits, literal, textFault } from '../sql/literal';
import { isPlainObject } from '../codec/plain-object';
import { EQ, typeSql } from '../sql/qualified-sql';
import { textOfType } from './default-text';
import { fieldType, type Json, type Read } from './field-type';

const TYPE = typeSql('jsonb');

/** The properties of a field of this type. */
export interface JsonOptions {
  /** Any JSON value of at most 100 levels. `null` means none. */
  readonly default?: unknown;
}

/** `jsonb`. */
export const jsonType = fieldType<JsonOptions>({
  alsoCalled: ['jsonb', 'object'],
  readDefault: (value) => read(value, 0),
  defaultSql: (kept) => `${literal(JSON.stringify(kept))}::${TYPE}`,
  catalogName: () => 'jsonb',
  isUnbounded: true,
  hasGin: true,
  castsAlike: ['text', 'character varying'],
  hasArrays: false,
  // jsonb keeps only one of several equal keys.
  keeps: (value) => `${keysIn(`${value}::pg_catalog.text`)} ${EQ} ${keysIn(`(${value}::${TYPE})::pg_catalog.text`)}`,
  readDefaultText: (text) => exactJson(textOfType(text, 'jsonb')),
  defaultValue: (kept) => JSON.stringify(sortedByKey(kept)),
});

/** The number of keys in a JSON text: its colons, except those in its strings. */
function keysIn(text: string): string {
  const strings = literal(String.raw`"(?:[^"\\]|\\.)*"`);
  return `pg_catalog.length(pg_catalog.regexp_replace(pg_catalog.regexp_replace(${text}, ${strings}, '', 'g'), '[^:]', '', 'g'))`;
}

/**
 * A copy, whose every part is read once. Stricter than JSON.stringify, which leaves functions out, turns NaN into null,
 * and calls `toJSON`.
 */
function read(value: unknown, depth: number): Read {
  if (depth > BOUNDS.defaultDepth) return { fault: `must be at most ${BOUNDS.defaultDepth} levels deep` };
  if (value === null || typeof value === 'boolean') return { kept: value };
  if (typeof value === 'string') return readText(value);
  // JSON has no -0.
  if (typeof value === 'number') {
    return Number.isFinite(value) ? { kept: value + 0 } : { fault: 'must contain only finite numbers' };
  }
  if (Array.isArray(value)) return readList(value, depth);
  if (!isPlainObject(value) || typeof value.toJSON === 'function') return { fault: 'must be a JSON value' };
  return readObject(Object.entries(value), depth);
}

function readText(text: string): Read {
  const fault = textFault(text);
  return fault === undefined ? { kept: text } : { fault };
}

function readList(list: readonly unknown[], depth: number): Read {
  const kept: Json[] = [];
  for (const item of list) {
    const inner = read(item, depth + 1);
    if ('fault' in inner) return inner;
    kept.push(inner.kept);
  }
  return { kept };
}

function readObject(entries: readonly (readonly [string, unknown])[], depth: number): Read {
  const kept: [string, Json][] = [];
  for (const [key, value] of entries) {
    const fault = textFault(key);
    if (fault !== undefined) return { fault };
    const inner = read(value, depth + 1);
    if ('fault' in inner) return inner;
    kept.push([key, inner.kept]);
  }
  return { kept: Object.fromEntries(kept) };
}

const JSON_STRING = /"(?:[^"\\]|\\.)*"/g;
const JSON_NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** jsonb keeps every digit, JavaScript does not: no spec can express such a value, nor null. */
function exactJson(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  const numbers = text.replaceAll(JSON_STRING, '').match(JSON_NUMBER) ?? [];
  const isExact = numbers.every((number) => Number.isFinite(Number(number)) && sameDigits(number));
  const value = isExact ? (JSON.parse(text) as Json) : null;
  return value ?? undefined;
}

/** Whether the digits are those that JavaScript shows for the number, except for trailing zeros. */
function sameDigits(number: string): boolean {
  const plain = (digits: string): string =>
    (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits).replace(/^-0$/, '0');
  return plain(decimalDigits(Number(number))) === plain(number);
}

function sortedByKey(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sortedByKey);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortedByKey(item)]));
}
