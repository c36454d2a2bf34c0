import { literal } from '../sql/literal';
import { isOfType } from './conversion-sql';
import { EQ, MATCHES } from '../sql/qualified-sql';

/** The types of numbers, as the catalog names them: each casts to each. */
export const NUMBERS = ['smallint', 'integer', 'bigint', 'double precision', 'numeric'] as const;

/** A number as every type of PostgreSQL writes it, and as a text can contain it. */
const NUMBER = String.raw`^\s*[-+]?(?:[0-9]|\.[0-9]|inf|nan)`;

/** Digits that a text can have, but a number cannot. */
const LEADING_ZERO = String.raw`^\s*[-+]?0[0-9]`;

/** A whole number, with all its digits. */
const WHOLE = '^-?[0-9]+$';

/**
 * Whether a value is the same number after the cast. Compares texts, which are exact for each type of number but double
 * precision: that of a large one only has the digits that distinguish it from its neighbours, so the whole number that
 * it became is compared as a double precision. Anything but a number, such as a boolean, is left to the cast.
 */
export function isSameNumber(value: string, cast: string): string {
  const [before, after] = [`${value}::pg_catalog.text`, `(${cast})::pg_catalog.text`];
  return `case when not (${before} ${MATCHES} ${literal(`(?i)${NUMBER}`)}) then true
    when ${isOfType(value, ['double precision'])} and ${after} ${MATCHES} ${literal(WHOLE)}
      then ${before}::double precision ${EQ} ${after}::double precision
    else not (${before} ${MATCHES} ${literal(LEADING_ZERO)}) and (${before}::numeric ${EQ} ${after}::numeric) end`;
}

/** The types in the catalog whose cast to a number gives the same one in every session. */
export const NUMBERS_AND_TEXTS: readonly string[] = [
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'double precision',
  'jsonb',
  'text',
  'character varying',
];
