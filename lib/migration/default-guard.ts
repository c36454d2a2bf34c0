import { fieldTypes, typeOf, type FieldTypeName } from './field-types';
import type { Json } from './field-types/field-type';
import { guard } from './guard';
import { derivedName, qualified, type Identifier } from './identifier';
import { literal } from './literal';
import { AND_BITS, EQ, isOneOf, LE, LT, MINUS, NE, typeSql } from './qualified-sql';

/**
 * Looks whether a default fits a column whose type the caller has not told. PostgreSQL would take 1.5 for an
 * integer and store 2, 'yes' for a boolean, 'yesterday' for a date, and a text that is too long for its
 * column until the first row needs it: a default is to be stored as it was given, or refused.
 */
export function defaultGuard(org: Identifier, table: Identifier, column: Identifier, kept: Json): string {
  const attribute = `pg_catalog.pg_attribute
      where attrelid ${EQ} pg_catalog.to_regclass(${literal(qualified(org, table))}) and attname ${EQ} ${literal(column)}`;
  const check = literal(derivedName('check', table, [column]));
  return guard({
    kind: 'default',
    test: `select from ${attribute} and (not (${fits(kept)}) or exists (
      select from pg_catalog.pg_constraint where conrelid ${EQ} attrelid and conname ${EQ} ${check}))`,
    reason: literal(`The default can not be judged, or does not fit the type of "${column}"`),
  });
}

/** On pg_attribute. */
function fits(kept: Json): string {
  const names = (Object.keys(fieldTypes) as FieldTypeName[])
    .filter((type) => takes(type, kept))
    .map((type) => literal(typeSql(typeOf({ type }).catalogName({ name: '' }).replace(/\(.*/, ''))));
  if (names.length === 0) return 'false';
  return [isOneOf('atttypid', 'regtype', names), ...roomFor(kept)].join(' and ');
}

function takes(type: FieldTypeName, kept: Json): boolean {
  const isJson = typeof kept === 'object';
  // A scalar is written as itself, not as JSON; and what is JSON may look like a call of now().
  if ((type === 'Json') !== (isJson && !calls(kept))) return false;
  // Their limits are the column's, and looked at there.
  const field = { name: '', length: 10_485_760, values: [] };
  return 'kept' in typeOf({ type }).readDefault(kept, field);
}

function calls(kept: Json): boolean {
  return (['DateTime', 'Uuid', 'Bytes'] as const).some(
    (type) => 'kept' in typeOf({ type }).readDefault(kept, { name: '' }),
  );
}

/** atttypmod holds the length of a varchar, and the scale of a numeric, four too high. */
function roomFor(kept: Json): readonly string[] {
  if (typeof kept !== 'string' && typeof kept !== 'number') return [];
  const length = `(atttypid ${NE} 'varchar'::pg_catalog.regtype or atttypmod ${LT} 0 or ${[...String(kept)].length} ${LE} (atttypmod ${MINUS} 4))`;
  const scale = (/^-?\d+\.(\d+)$/.exec(String(kept))?.[1] ?? '').length;
  return [
    length,
    `(atttypid ${NE} 'numeric'::pg_catalog.regtype or atttypmod ${LT} 0 or ${scale} ${LE} ((atttypmod ${MINUS} 4) ${AND_BITS} 65535))`,
  ];
}
