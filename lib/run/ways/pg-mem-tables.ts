import type { Knex } from 'knex';
import type { NumberLimits } from '../../field-types/field-type';

/** What pg-mem does not keep, or not as PostgreSQL does, about a table that this library created. */
export interface MemoryTable {
  /** The CHECK of each Enum, by its column. */
  readonly checks: Map<string, { readonly name: string; readonly values: string }>;
  /** The limits of each number, by its column: pg-mem does not enforce them. */
  readonly numbers: Map<string, NumberLimits>;
}

/** The part of pg-mem's database that is used, since only lib/testing may import pg-mem. */
export interface MemoryDatabase {
  getSchema(name: string): { getTable(name: string): MemoryRelation };
}

interface MemoryRelation {
  getConstraint?(name: string): unknown;
  listIndices(): readonly { readonly name: string; readonly expressions: readonly string[] }[];
  onBeforeChange?(columns: 'all', check: (old: unknown, row: Record<string, unknown> | null) => void): unknown;
}

interface Memory {
  readonly tables: Map<string, MemoryTable>;
  database: MemoryDatabase | undefined;
}

/** Keyed by the driver, which a Knex on pg-mem shares with its transactions. */
const memories = new WeakMap<object, Memory>();

export function memoryOf(db: Knex): Memory {
  const { driver } = db.client as { readonly driver: object };
  const known = memories.get(driver);
  if (known !== undefined) return known;
  const made: Memory = { tables: new Map(), database: undefined };
  memories.set(driver, made);
  return made;
}

/** What is known about a table, as SQL names it: `"acme-corp"."invoice"`. */
export function tableIn({ tables }: Memory, name: string): MemoryTable {
  const known = tables.get(name);
  if (known !== undefined) return known;
  const made: MemoryTable = { checks: new Map(), numbers: new Map() };
  tables.set(name, made);
  return made;
}

/** The indexes that cover a column and others, and would be dropped silently. Empty if pg-mem cannot tell. */
export function sharedIndexes(db: Knex, org: string, table: string, column: string): readonly string[] {
  const { database } = memoryOf(db);
  if (database === undefined) return [];
  try {
    return database
      .getSchema(org)
      .getTable(table)
      .listIndices()
      .filter(({ expressions }) => expressions.length > 1 && expressions.includes(column))
      .map(({ name }) => name);
  } catch {
    // No such table: the change itself reports it.
    return [];
  }
}

/** Whether a table has a constraint. Nothing where pg-mem cannot be asked, or there is no such table. */
export function constraintIn(db: Knex, org: string, table: string, name: string): boolean | undefined {
  const { database } = memoryOf(db);
  if (database === undefined) return undefined;
  try {
    const relation = database.getSchema(org).getTable(table);
    return relation.getConstraint === undefined ? undefined : Boolean(relation.getConstraint(name));
  } catch {
    // No such table: the change itself reports it.
    return undefined;
  }
}

/** Makes the numbers of a new table be rounded or refused as in PostgreSQL. */
export function watchNumbers(db: Knex, org: string, table: string, kept: MemoryTable): void {
  memoryOf(db)
    .database?.getSchema(org)
    .getTable(table)
    .onBeforeChange?.('all', (_old, row) => {
      if (row === null) return;
      for (const [column, number] of kept.numbers) row[column] = keptNumber(row[column], number);
    });
}

function keptNumber(value: unknown, { range, digits }: NumberLimits): unknown {
  if (value === null || value === undefined) return value;
  const [min, max] = range ?? [-Infinity, Infinity];
  if (Number(value) < min || Number(value) > max) {
    throw Object.assign(new Error('integer out of range'), { code: '22003' });
  }
  return digits === undefined || typeof value === 'string' ? value : Number(rounded(value as number, digits));
}

/** Rounds like numeric: half away from zero, by the digits that are shown. */
function rounded(value: number, places: number): string {
  const text = String(Math.abs(value));
  if (text.includes('e')) return String(value);
  const [whole = '0', fraction = ''] = text.split('.');
  if (fraction.length <= places) return String(value);
  const kept =
    BigInt(whole + fraction.slice(0, places).padEnd(places, '0')) + (Number(fraction[places]) >= 5 ? 1n : 0n);
  const padded = kept.toString().padStart(places + 1, '0');
  const point = padded.length - places;
  return `${value < 0 ? '-' : ''}${padded.slice(0, point)}${places === 0 ? '' : `.${padded.slice(point)}`}`;
}
