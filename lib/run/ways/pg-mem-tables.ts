import type { Knex } from 'knex';
import type { NumberLimits } from '../../field-types/field-type';

/** What pg-mem itself does not keep, or not as PostgreSQL does, of one table that this library made there. */
export interface MemoryTable {
  /** The CHECK of each Enum, by its column. */
  readonly checks: Map<string, { readonly name: string; readonly values: string }>;
  /** What each number is held to, by its column: pg-mem keeps no such type. */
  readonly numbers: Map<string, NumberLimits>;
}

/** The part of pg-mem's database that is used, since only the door for tests may import pg-mem. */
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

/** By the driver, which a Knex on pg-mem shares with its transactions. */
const memories = new WeakMap<object, Memory>();

export function memoryOf(db: Knex): Memory {
  const { driver } = db.client as { readonly driver: object };
  const known = memories.get(driver);
  if (known !== undefined) return known;
  const made: Memory = { tables: new Map(), database: undefined };
  memories.set(driver, made);
  return made;
}

/** Of a table as SQL names it: `"acme-corp"."invoice"`. */
export function tableIn({ tables }: Memory, name: string): MemoryTable {
  const known = tables.get(name);
  if (known !== undefined) return known;
  const made: MemoryTable = { checks: new Map(), numbers: new Map() };
  tables.set(name, made);
  return made;
}

/** The indexes over a column and others, which would go with it unsaid. Nothing where pg-mem can't be asked. */
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
    // No such table: the change itself says so.
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
    // No such table: the change itself says so.
    return undefined;
  }
}

/** Has the numbers of a new table kept as PostgreSQL would keep, or refuse, them. */
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

/** As numeric is rounded: half of the last digit away from zero, by the digits that are shown. */
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
