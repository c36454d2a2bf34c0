import { literal } from '../literal';
import { fieldType, isFunctionCall, type Json } from './field-type';
import { instantOf, isTime } from './iso-8601';

const FIRST_DAY = '1970-01-01T';

/** `time`, without a time zone. */
export const timeType = fieldType({
  readDefault: (value) => {
    if (isFunctionCall(value, 'now')) return { kept: { fn: 'now' } };
    const instant = instantOf(value);
    if (instant?.startsWith(FIRST_DAY)) return { kept: instant.slice(FIRST_DAY.length, -1) };
    if (typeof value === 'string' && isTime(value)) return { kept: value };
    return { fault: "must be ISO 8601, 23:59:59.999, or { fn: 'now' }, or a Date on 1970-01-01 in UTC" };
  },
  defaultSql: (kept: Json) => (typeof kept === 'string' ? literal(kept) : 'cast(pg_catalog.now() as time)'),
  column: (table, { name }) => table.time(name),
  catalogName: () => 'time without time zone',
});
