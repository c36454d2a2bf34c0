import type { Knex } from 'knex';

/** What pg-mem itself does not keep, or not as PostgreSQL does, of one table that this library made there. */
export interface MemoryTable {
  /** The CHECK of each Enum, by its column. */
  readonly checks: Map<string, { readonly name: string; readonly values: string }>;
  /** The digits after the point of each number: none for Int, for BigInt too; pg-mem keeps no such type. */
  readonly numbers: Map<string, MemoryNumber>;
}

export interface MemoryNumber {
  readonly scale: number | undefined;
  readonly isInt: boolean;
}

/** The part of pg-mem's database that is used, since only the door for tests may import pg-mem. */
export interface MemoryDatabase {
  getSchema(name: string): { getTable(name: string): MemoryRelation };
}

interface MemoryRelation {
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

const MAX_INT = 2 ** 31 - 1;

function keptNumber(value: unknown, { scale, isInt }: MemoryNumber): unknown {
  if (value === null || value === undefined) return value;
  if (isInt && Math.abs(Number(value)) > MAX_INT) {
    throw Object.assign(new Error('integer out of range'), { code: '22003' });
  }
  return scale === undefined || typeof value === 'string' ? value : Number(rounded(value as number, scale));
}

/** As numeric is rounded: half of the last digit away from zero, by the digits that are shown. */
function rounded(value: number, scale: number): string {
  const text = String(Math.abs(value));
  if (text.includes('e')) return String(value);
  const [whole = '0', fraction = ''] = text.split('.');
  if (fraction.length <= scale) return String(value);
  const digits = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0')) + (Number(fraction[scale]) >= 5 ? 1n : 0n);
  const padded = digits.toString().padStart(scale + 1, '0');
  const point = padded.length - scale;
  return `${value < 0 ? '-' : ''}${padded.slice(0, point)}${scale === 0 ? '' : `.${padded.slice(point)}`}`;
}
