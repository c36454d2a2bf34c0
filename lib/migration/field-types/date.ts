import { literal } from '../literal';
import { typeSql } from '../qualified-sql';
import { fieldType, isFunctionCall, type Json } from './field-type';
import { instantOf, isDate } from './iso-8601';

const MIDNIGHT = 'T00:00:00.000Z';

const TYPE = typeSql('date');

/** `date`. */
export const dateType = fieldType({
  readDefault: (value) => {
    if (isFunctionCall(value, 'now')) return { kept: { fn: 'now' } };
    const instant = instantOf(value);
    if (instant?.endsWith(MIDNIGHT)) return { kept: instant.slice(0, -MIDNIGHT.length) };
    if (typeof value === 'string' && isDate(value)) return { kept: value };
    // The day of any other Date depends on a time zone: midnight in Berlin is the day before in UTC.
    return { fault: "must be ISO 8601, 2024-02-29, or { fn: 'now' }, or a Date that is midnight in UTC" };
  },
  defaultSql: (kept: Json) => (typeof kept === 'string' ? literal(kept) : `cast(pg_catalog.now() as ${TYPE})`),
  column: (table, { name }) => table.specificType(name, TYPE),
  catalogName: () => 'date',
});
