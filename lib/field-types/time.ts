import { literal } from '../sql/literal';
import { MATCHES, NE } from '../sql/qualified-sql';
import { isCallOf, NOW, textOfType } from './default-text';
import { fieldType, isFunctionCall, type Json, type Now } from './field-type';
import { instantOf, isTime } from './iso-8601';

const FIRST_DAY = '1970-01-01T';

/** Without a day or a time zone, and with no more digits than PostgreSQL keeps. */
const ONLY_A_TIME = String.raw`^\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6}0*)?)?(?: ?[AaPp][Mm])?\s*$`;

/** The properties of a field of this type. */
export interface TimeOptions {
  /** `'23:59:59.999'`, a Date on 1970-01-01 in UTC, or `{ fn: 'now' }`. `null` means none. */
  readonly default?: string | Date | Now | null | undefined;
}

/** `time`, without a time zone. */
export const timeType = fieldType<TimeOptions>({
  readDefault: (value) => {
    if (isFunctionCall(value, 'now')) return { kept: { fn: 'now' } };
    const instant = instantOf(value);
    if (instant?.startsWith(FIRST_DAY)) return { kept: instant.slice(FIRST_DAY.length, -1) };
    if (typeof value === 'string' && isTime(value)) return { kept: value };
    return { fault: "must be ISO 8601, 23:59:59.999, or { fn: 'now' }, or a Date on 1970-01-01 in UTC" };
  },
  defaultSql: (kept: Json) => (typeof kept === 'string' ? literal(kept) : 'cast(pg_catalog.now() as time)'),
  column: (table, { name }) => table.time(name),
  castsFrom: ['timestamp with time zone'],
  catalogName: () => 'time without time zone',
  // A value that is no time at all fails in the cast, which is always equal to itself.
  keeps: (value, type) =>
    `case when ${value}::pg_catalog.text ${MATCHES} ${literal(ONLY_A_TIME)} then true else (${value}::${type}) ${NE} (${value}::${type}) end`,
  readDefaultText: (text) =>
    isCallOf(text, NOW, 'time without time zone') ? { fn: 'now' } : textOfType(text, 'time without time zone'),
  defaultValue: (kept) => (typeof kept === 'string' ? wholeTime(kept) : JSON.stringify(kept)),
});

/** With seconds, and with all six digits of a fraction. */
function wholeTime(time: string): string {
  const [clock = '', fraction = ''] = time.split('.');
  return `${clock.length === 5 ? `${clock}:00` : clock}.${fraction.padEnd(6, '0')}`;
}
