import { MigrationError } from '../errors';

/** The values that {@link literal} can write. Everything else has to become one of these first. */
export type LiteralValue = string | number | bigint | boolean;

/**
 * Writes a value into SQL. The only place that does so (manual 4.1.2, Constants).
 *
 * A string without a backslash becomes a plain constant, one with a backslash an escape string: the meaning of a
 * plain one would depend on `standard_conforming_strings`. A `?` in it is written as `\x3f`, since knex treats a
 * `?` after a backslash as its own.
 *
 * @throws MigrationError INVALID_SPEC for text that PostgreSQL cannot store (NUL, an unpaired surrogate), and for other types
 * @example literal("it's") // 'it''s'
 */
export function literal(value: LiteralValue): string {
  if (typeof value === 'string') return textLiteral(value);
  if (typeof value === 'number') return numberLiteral(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  throw new MigrationError(`A value of type ${typeof value} cannot be written into SQL.`, {
    code: 'INVALID_SPEC',
  });
}

function numberLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new MigrationError('A number must be finite.', { code: 'INVALID_SPEC' });
  // The server reads a bare -0 as the integer 0.
  return Object.is(value, -0) ? `'-0'::double precision` : decimalDigits(value);
}

/** The digits that JavaScript shows for a number, without an exponent: 1e-7 is 0.0000001. */
export function decimalDigits(value: number): string {
  const [mantissa = '', exponent] = String(value).split('e');
  if (exponent === undefined) return mantissa;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction).padEnd(point, '0');
  return point > 0 ? sign + digits : `${sign}0.${'0'.repeat(-point)}${digits}`;
}

function textLiteral(text: string): string {
  const fault = textFault(text);
  if (fault !== undefined) throw new MigrationError(`A value ${fault}.`, { code: 'INVALID_SPEC' });
  const doubled = text.includes("'") ? text.replaceAll("'", "''") : text;
  if (!text.includes('\\')) return `'${doubled}'`;
  return `E'${doubled.replaceAll('\\', '\\\\').replaceAll('?', '\\x3f')}'`;
}

/**
 * Replaces each constant that {@link literal} wrote. Reads from quote to quote, without a regular expression: a
 * constant may be a megabyte long. None of our names contains a quote.
 */
export function withLiterals(sql: string, replace: (constant: string) => string): string {
  const parts: string[] = [];
  let done = 0;
  for (let quote = sql.indexOf("'"); quote >= 0; quote = sql.indexOf("'", done)) {
    const isEscaped = sql[quote - 1] === 'E';
    const start = isEscaped ? quote - 1 : quote;
    const end = endOfText(sql, quote, isEscaped);
    parts.push(sql.slice(done, start), replace(sql.slice(start, end)));
    done = end;
  }
  return done === 0 ? sql : parts.join('') + sql.slice(done);
}

function endOfText(sql: string, quote: number, isEscaped: boolean): number {
  for (let at = quote + 1; at < sql.length; at += 1) {
    if (isEscaped && sql[at] === '\\') at += 1;
    else if (sql[at] === "'") {
      if (sql[at + 1] !== "'") return at + 1;
      at += 1;
    }
  }
  return sql.length;
}

/**
 * A block of code as a constant that stays readable (manual 4.1.2.4). A name may contain `$`, so the tag is one
 * that does not occur in the block.
 */
export function dollarQuoted(block: string): string {
  let tag = '$tenant_ddl$';
  for (let number = 1; block.includes(tag); number += 1) tag = `$tenant_ddl_${number}$`;
  return `${tag}${block}${tag}`;
}

/** Why PostgreSQL cannot store a text in UTF-8, or undefined. */
export function textFault(text: string): string | undefined {
  if (text.includes('\0')) return 'contains the character NUL, which PostgreSQL cannot store';
  if (/\p{Surrogate}/u.test(text)) return 'contains an unpaired surrogate, which is not a character';
  return undefined;
}
