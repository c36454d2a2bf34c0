import { literal } from '../sql/literal';
import { EQ, MATCHES } from '../sql/qualified-sql';

/** As every type of PostgreSQL writes its numbers, and as a text may hold one. */
const NUMBER = String.raw`^\s*[-+]?(?:[0-9]|\.[0-9]|inf|nan)`;

/** Digits that a text has and a number has not. */
const LEADING_ZERO = String.raw`^\s*[-+]?0[0-9]`;

/**
 * Whether a value is the same number after the cast. Both by their text, which is exact for each type of number, a
 * double precision included. What is no number, such as a boolean, is the cast's to judge.
 */
export function isSameNumber(value: string, cast: string): string {
  const [before, after] = [`${value}::pg_catalog.text`, `(${cast})::pg_catalog.text`];
  return `case when ${before} ${MATCHES} ${literal(`(?i)${NUMBER}`)} then
    not (${before} ${MATCHES} ${literal(LEADING_ZERO)}) and (${before}::numeric ${EQ} ${after}::numeric)
    else true end`;
}
