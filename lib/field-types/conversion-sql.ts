import { literal } from '../sql/literal';
import { GE, isOneOf, LE, LT, MATCHES } from '../sql/qualified-sql';

/** A number as PostgreSQL writes it. */
const FINITE = '^-?[0-9]+(\\.[0-9]+)?$';

/** Whether the input function of a type accepts a text (manual 9.27, PostgreSQL 16 and later). `type` is as SQL writes it. */
export function isInput(text: string, type: string): string {
  return `pg_catalog.pg_input_is_valid(${text}, ${literal(type)})`;
}

/** Whether a value's own type, which decides the cast, is one of these. `types` are constants. */
export function isOfType(value: string, types: readonly string[]): string {
  return isOneOf(`pg_catalog.pg_typeof(${value})`, 'regtype', types.map(literal));
}

/**
 * Whether a cast to a type of whole numbers accepts a value: it rounds a number, half to even for a double precision,
 * and half away from zero otherwise.
 */
export function isWholeNumber(value: string, type: string, bytes: number): string {
  const text = `${value}::pg_catalog.text`;
  const rounded = `pg_catalog.round(${text}::double precision)`;
  const end = 2n ** BigInt(8 * bytes - 1);
  return `case when ${isOfType(value, ['boolean'])} then true
    when ${isOfType(value, ['pg_catalog.bytea'])} then pg_catalog.length(${text}) ${LE} ${2 + 2 * bytes}
    when ${isOfType(value, ['double precision', 'real'])} then ${rounded} ${GE} '-${end}'::double precision and ${rounded} ${LT} '${end}'::double precision
    when ${isOfType(value, ['numeric', 'pg_catalog.jsonb'])} then
      case when ${text} ${MATCHES} ${literal(FINITE)} then ${isInput(`pg_catalog.round(${text}::numeric)::pg_catalog.text`, type)} else false end
    else ${isInput(text, type)} end`;
}
