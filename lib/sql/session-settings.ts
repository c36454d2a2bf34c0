import { literal } from './literal';

/** Under which a value becomes one of another type: the same, whatever the session or its role has set. */
const PINNED = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  lc_monetary: 'C',
} as const;

/** Under which the catalog writes an expression: with a schema before what is not PostgreSQL's own. */
const DEPARSED = {
  search_path: 'pg_catalog, pg_temp',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
} as const;

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

/** Runs a part of a block where the catalog's expressions can be read. */
export function whereReadable(code: string): string {
  return `perform ${Object.entries(DEPARSED).flatMap(kept).join(', ')};
  ${code}
  perform ${Object.keys(DEPARSED).map(back).join(', ')};`;
}

function kept([name, value]: readonly [string, string]): readonly string[] {
  return [set(`tenant_ddl.${name}`, `pg_catalog.current_setting('${name}')`), set(name, literal(value))];
}

function back(name: string): string {
  return set(name, `pg_catalog.current_setting('tenant_ddl.${name}')`);
}

function set(name: string, value: string): string {
  return `pg_catalog.set_config('${name}', ${value}, true)`;
}
