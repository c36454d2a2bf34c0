import { literal } from './literal';
import { block } from './server-check';
import type { Twofold } from './statement';

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

export function putBack(): Twofold {
  return settingBack(Object.keys(PINNED).map((name) => [name, `tenant_ddl.${name}`]));
}

/** The same as {@link pinSettings}, for the workers of Citus as well, which convert the rows. */
export function pinOnWorkersToo(): string {
  const kept = Object.keys(PINNED).map((name) =>
    setLocal(`tenant_ddl.${name}`, `pg_catalog.current_setting('${name}')`),
  );
  const sets = Object.entries(PINNED).map(([name, value]) => `set local ${name.toLowerCase()} to ${literal(value)};`);
  return `perform ${kept.join(', ')};
  ${onWorkersToo(sets)};`;
}

/** Gives settings the values of others, which were kept. On Citus, the workers get them too. */
export function settingBack(
  settings: readonly (readonly [name: string, kept: string])[],
  others: readonly string[] = [],
): Twofold {
  const value = (kept: string): string => `pg_catalog.current_setting('${kept}')`;
  const all = [...settings.map(([name, kept]) => setLocal(name, value(kept))), ...others];
  const sets = settings.map(([name, kept]) => `execute pg_catalog.format('set local ${name} to %L', ${value(kept)});`);
  const perform = others.length === 0 ? [] : [`perform ${others.join(', ')};`];
  return { sql: `select ${all.join(', ')}`, onCitus: block(onWorkersToo([...sets, ...perform])) };
}

/**
 * A block of SET LOCAL, which Citus passes on to the workers of the transaction, those of later included: the text of
 * each alone, and only where it is asked to. It passes no set_config() on.
 */
export function onWorkersToo(statements: readonly string[]): string {
  return `declare
    passed_on constant pg_catalog.text := pg_catalog.current_setting('citus.propagate_set_commands');
  begin
    perform ${setLocal('citus.propagate_set_commands', "'local'")};
    ${statements.join('\n    ')}
    perform ${setLocal('citus.propagate_set_commands', 'passed_on')};
  end`;
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
