import { fieldTypes, typeOf, type FieldTypeName } from '../../field-types';
import type { Json } from '../../field-types/field-type';
import { dollarQuoted, literal } from '../../sql/literal';
import { EQ, isOneOf, typeSql } from '../../sql/qualified-sql';

/**
 * Statements of a block: whether a default fits a column whose type the caller has not named. `was` is its
 * pg_attribute, `new_type` the type that it has then; it sets `fits`. PostgreSQL would take 1.5 for an integer and
 * store 2, 'yes' for a boolean, 'yesterday' for a date, and a text that is too long for its column until the first row
 * needs it: a default is to be stored as it was given, or refused.
 */
export function judgeNewDefault(kept: Json, sql: string): string {
  const names = (Object.keys(fieldTypes) as FieldTypeName[])
    .filter((type) => takes(type, kept))
    .map((type) => literal(typeSql(typeOf({ type }).catalogName({ name: '' }).replace(/\(.*/, ''))));
  if (names.length === 0) return 'fits := false;';
  const isType = `fits := ${isOneOf('was.atttypid', 'regtype', names)};`;
  if (isJsonValue(kept) && calls(kept)) return isType;
  // By the column's own cast, with its length, digits or precision, and without.
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

function takes(type: FieldTypeName, kept: Json): boolean {
  // A scalar is written as itself, not as JSON; and what is JSON may look like a call of now().
  if ((type === 'Json') !== (isJsonValue(kept) && !calls(kept))) return false;
  // Their limits are the column's, and looked at there.
  const field = { name: '', length: 10_485_760, values: [] };
  return 'kept' in typeOf({ type }).readDefault(kept, field);
}

function calls(kept: Json): boolean {
  return (['DateTime', 'Uuid', 'Bytes'] as const).some(
    (type) => 'kept' in typeOf({ type }).readDefault(kept, { name: '' }),
  );
}

function isJsonValue(kept: Json): boolean {
  return typeof kept === 'object';
}
