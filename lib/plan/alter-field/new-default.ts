import type { Json } from '../../field-types/field-type';
import { isExpression, typesTaking } from '../../field-types/guessed-type';
import { isColumnOf } from '../../field-types/type-change';
import { dollarQuoted } from '../../sql/literal';
import { EQ } from '../../sql/qualified-sql';

/**
 * Statements of a block: sets `fits` to whether a default fits a column whose type the caller has not named. `was` is
 * its pg_attribute, `new_type` its type after the change. PostgreSQL would accept 1.5 for an integer and store 2, 'yes'
 * for a boolean, 'yesterday' for a date, and a text that is too long for its column until the first row needs it. A
 * default is stored as given, or refused.
 */
export function judgeNewDefault(kept: Json, sql: string): string {
  const types = typesTaking(kept);
  if (types.length === 0) return 'fits := false;';
  const isType = `fits := ${isColumnOf(types.map((type) => ({ type })))};`;
  if (isExpression(kept)) return isType;
  // With the column's own cast, with and without its length, digits or precision.
  const test = `select (${sql})::%1$s ${EQ} (${sql})::%2$s`;
  return `${isType}
    if fits then
      begin
        execute pg_catalog.format(${dollarQuoted(test.replace(/%(?![12]\$s)/g, '%%'))}, new_type, pg_catalog.format_type(was.atttypid, null)) into fits;
      exception when others then
        fits := false;
      end;
    end if;`;
}
