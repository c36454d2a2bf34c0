import { typeOf } from '../../field-types';
import { isArray } from '../../field-types/options';
import { castOf, isWhole, isWrittenBySession, type NewType } from '../../field-types/type-change';
import { dollarQuoted, literal } from '../../sql/literal';
import { MATCHES } from '../../sql/qualified-sql';

// A constant as pg_get_expr writes it, converted or not: evaluating it runs no foreign code.
const TEXT = "'(?:[^']|'')*'";
const NUMBER = '-?[0-9][0-9.eE+-]*';
const BYTES = String.raw`decode\(${TEXT}::text, 'base64'::text\)`;
const CAST = String.raw`\)|::[a-z ]+(?:\([0-9]+(?:,-?[0-9]+)?\))?[a-z ]*`;
const CONSTANT = `^\\(*(?:${TEXT}|${NUMBER}|${BYTES}|true|false|NULL)(?:${CAST})*$`;

/**
 * Statements of a block: sets `fits` to whether the column's default fits its new type. `default_sql` is the default's
 * expression, `was` the column's pg_attribute, `new_type` the new type. PostgreSQL would convert the default, or keep one
 * that the next insert fails on.
 */
export function judgeKeptDefault(to: NewType): string {
  // One value does not become an array, and an array is no constant here.
  if (isArray(to)) return `fits := ${hasValues(to) ? 'false' : isWhole(to)};`;
  const type = '%2$s';
  const keeps = typeOf(to).keeps('d.value', type, to) ?? 'true';
  const takes = typeOf(to).takes('d.value', to);
  const test = `select d.value is null or coalesce(${keeps} and ${takes ?? 'true'} and ${castOf('d.value', to, type)} is not null, false) from (select (%1$s) as value) d`;
  return `${
    typeOf(to).isText
      ? `if ${isWrittenBySession()} then
      fits := false;
    els`
      : ''
  }if default_sql ${MATCHES} ${literal(CONSTANT)} then
      begin
        execute pg_catalog.format(${dollarQuoted(test)}, default_sql, new_type) into fits;
      exception when others then
        fits := false;
      end;
    else
      fits := ${hasValues(to) ? 'false' : isWhole(to)};
    end if;`;
}

function hasValues(to: NewType): boolean {
  return typeOf(to).checkedValues(to) !== undefined;
}
