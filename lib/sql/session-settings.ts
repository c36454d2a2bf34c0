import { literal } from './literal';

/** Settings for conversions, so the result does not depend on those of the session or its role. */
export const PINNED = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  lc_monetary: 'C',
} as const;

/** Settings for reading expressions from the catalog: with a schema before everything that is not PostgreSQL's own. */
const DEPARSED = {
  search_path: 'pg_catalog, pg_temp',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
} as const;

/** All of them; and without what makes a question over many small objects slower. */
const READING = { ...PINNED, ...DEPARSED, jit: 'off', enable_memoize: 'off' } as const;

/** A statement of a block. {@link putBack} undoes it: SET LOCAL lasts to the end of the transaction (manual, SET). */
export function pinSettings(): string {
  return `perform ${Object.entries(PINNED).flatMap(kept).join(', ')};`;
}

/** A statement of a block. */
export function unpinSettings(): string {
  return `perform ${Object.keys(PINNED).map(back).join(', ')};`;
}

export function putBack(): string {
  return `select ${Object.keys(PINNED).map(back).join(', ')}`;
}

/** Runs a part of a block with the settings for reading expressions. */
export function whereReadable(code: string): string {
  return `perform ${Object.entries(DEPARSED).flatMap(kept).join(', ')};
  ${code}
  perform ${Object.keys(DEPARSED).map(back).join(', ')};`;
}

/** A statement: pins everything that what the catalog shows depends on. */
export function pinForReading(): string {
  return `select ${Object.entries(READING).flatMap(kept).join(', ')}`;
}

/** A statement: what {@link pinForReading} pinned is what it was. */
export function unpinAfterReading(): string {
  return `select ${Object.keys(READING).map(back).join(', ')}`;
}

function kept([name, value]: readonly [string, string]): readonly string[] {
  return [setLocal(`tenant_ddl.${name}`, `pg_catalog.current_setting('${name}')`), setLocal(name, literal(value))];
}

function back(name: string): string {
  return setLocal(name, `pg_catalog.current_setting('tenant_ddl.${name}')`);
}

/** SET LOCAL, as a function: its value is an expression. */
export function setLocal(name: string, value: string): string {
  return `pg_catalog.set_config('${name}', ${value}, true)`;
}
