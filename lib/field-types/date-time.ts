import { literal } from '../sql/literal';
import { MATCHES, typeSql } from '../sql/qualified-sql';
import { isCallOf, NOW, textOfType } from './default-text';
import { fieldType, isFunctionCall, type Json, type Now } from './field-type';
import { instantFromServer, instantOf, isDateObject, isInstant, microsecondsOf } from './iso-8601';

const TYPE = typeSql('timestamptz');

/** The properties of a field of this type. */
export interface DateTimeOptions {
  /** ISO 8601 with `Z` or an offset, a Date, or `{ fn: 'now' }`. `null` means none. */
  readonly default?: string | Date | Now | null | undefined;
}

/** `timestamptz`. */
export const dateTimeType = fieldType<DateTimeOptions>({
  alsoCalled: ['timestamp', 'timestamptz', 'datetimetz'],
  guesses: (value) => isFunctionCall(value, 'now') || isDateObject(value),
  readDefault: (value) => {
    if (isFunctionCall(value, 'now')) return { kept: { fn: 'now' } };
    const text = instantOf(value) ?? value;
    if (typeof text === 'string' && isInstant(text)) return { kept: text };
    // Without an offset, its meaning would depend on the TimeZone of the session that runs the change.
    return { fault: "must be a Date, { fn: 'now' }, or ISO 8601 with Z or an offset: 2024-02-29T23:59:59.999Z" };
  },
  defaultSql: (kept: Json) => (typeof kept === 'string' ? `${literal(kept)}::${TYPE}` : 'pg_catalog.now()'),
  column: (table, { name }) => table.specificType(name, TYPE),
  catalogName: () => 'timestamp with time zone',
  isWrittenBySession: true,
  castsFrom: ['date'],
  takesWhole: () => [
    { name: 'timestamp with time zone' },
    { name: 'timestamp without time zone', rewrites: true },
    { name: 'date', rewrites: true, canFail: true },
  ],
  // A text can have more digits of a second than PostgreSQL keeps.
  keeps: (value) => `not (${value}::pg_catalog.text ${MATCHES} ${literal(String.raw`\.[0-9]{6}[0-9]*[1-9]`)})`,
  readDefaultText: (text) => {
    if (isCallOf(text, NOW)) return { fn: 'now' };
    const value = textOfType(text, 'timestamp with time zone');
    return value === undefined ? undefined : instantFromServer(value);
  },
  defaultValue: (kept) => (typeof kept === 'string' ? String(microsecondsOf(kept)) : JSON.stringify(kept)),
});
