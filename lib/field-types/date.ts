import { literal } from '../sql/literal';
import { EQ, MATCHES, typeSql } from '../sql/qualified-sql';
import { isCallOf, NOW, textOfType } from './default-text';
import { fieldType, isFunctionCall, type Json, type Now } from './field-type';
import { instantOf, isDate } from './iso-8601';

const MIDNIGHT = 'T00:00:00.000Z';

/** There is no time of day to lose; and some days are outside the range of timestamps. */
const ONLY_A_DAY = String.raw`^\s*[0-9]{1,7}-[0-9]{1,2}-[0-9]{1,2}(?: BC)?\s*$`;

const TYPE = typeSql('date');

/** The properties of a field of this type. */
export interface DateOptions {
  /** `'2024-02-29'`, a Date that is midnight in UTC, or `{ fn: 'now' }`. `null` means none. */
  readonly default?: string | Date | Now | null | undefined;
}

/** `date`. */
export const dateType = fieldType<DateOptions>({
  readDefault: (value) => {
    if (isFunctionCall(value, 'now')) return { kept: { fn: 'now' } };
    const instant = instantOf(value);
    if (instant?.endsWith(MIDNIGHT)) return { kept: instant.slice(0, -MIDNIGHT.length) };
    if (typeof value === 'string' && isDate(value)) return { kept: value };
    // The day of any other Date depends on a time zone: midnight in Berlin is the day before in UTC.
    return { fault: "must be ISO 8601, 2024-02-29, or { fn: 'now' }, or a Date that is midnight in UTC" };
  },
  defaultSql: (kept: Json) => (typeof kept === 'string' ? literal(kept) : `cast(pg_catalog.now() as ${TYPE})`),
  castsFrom: ['timestamp with time zone'],
  catalogName: () => 'date',
  isWrittenBySession: true,
  keeps: (value) => {
    const text = `${value}::pg_catalog.text`;
    return `case when ${text} ${MATCHES} ${literal(ONLY_A_DAY)} then true
    else ${text}::timestamp with time zone ${EQ} (${value}::${TYPE})::timestamp with time zone end`;
  },
  readDefaultText: (text) => {
    if (isCallOf(text, NOW, 'date') || isCallOf(text, ['CURRENT_DATE'])) return { fn: 'now' };
    return textOfType(text, 'date');
  },
});
