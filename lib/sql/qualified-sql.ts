/**
 * PostgreSQL's own operators, types and functions, whatever has the same name in a schema of the search_path or in
 * pg_temp (manual 5.10.6, 10.2: the best match wins, in whatever schema it is). An operator written like this has
 * the precedence of "any other operator": use brackets (manual 4.2.5).
 */
export const EQ = operator('=');
export const NE = operator('<>');
export const LT = operator('<');
export const LE = operator('<=');
export const GT = operator('>');
export const GE = operator('>=');
export const PLUS = operator('+');
export const MINUS = operator('-');
export const TIMES = operator('*');
export const OVER = operator('/');
export const AND_BITS = operator('&');
export const OR_BITS = operator('|');
export const XOR_BITS = operator('#');
export const SHIFTED_LEFT = operator('<<');
export const SHIFTED_RIGHT = operator('>>');
export const CONCAT = operator('||');
export const MATCHES = operator('~');
export const CONTAINS = operator('@>');
export const IS_CONTAINED = operator('<@');

function operator(sign: string): string {
  return `operator(pg_catalog.${sign})`;
}

/** Types that are keywords of the grammar, and so always PostgreSQL's own; any other could be the name of a table. */
const GRAMMAR_TYPES =
  /^(?:character varying|varchar|integer|bigint|double precision|numeric|decimal|boolean|smallint|real|interval|time|timestamp with(?:out)? time zone)\b/;

/** A built-in type as it has to be written in SQL. */
export function typeSql(name: string): string {
  return GRAMMAR_TYPES.test(name) ? name : `pg_catalog.${name}`;
}

/** `array['a', 'b']::pg_catalog.text[]`, of constants. */
export function arraySql(type: string, constants: readonly string[]): string {
  return `array[${constants.join(', ')}]::${typeSql(type)}[]`;
}

/** Replaces `in (…)`, which looks its operator up in the search_path. */
export function isOneOf(value: string, type: string, constants: readonly string[]): string {
  return `${value} ${EQ} any (${arraySql(type, constants)})`;
}

/** Whether a type is that of arrays, and neither a domain over one nor a vector of the catalog. */
export function isArrayType(oid: string): string {
  return `exists (select from pg_catalog.pg_type e where e.typarray ${EQ} ${oid})`;
}
