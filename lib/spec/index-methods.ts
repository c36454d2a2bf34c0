import type { Fault } from '../errors';
import type { IndexMethod } from './spec-types';

/** What a method can do (manual 11.2, Index Types; CREATE INDEX). */
interface Method {
  readonly severalColumns: boolean;
  readonly unique: boolean;
  /** Has an order, and a place for nulls in it. */
  readonly ordered: boolean;
  readonly includes: boolean;
}

/** Every method, by its name. */
const METHODS: Readonly<Record<IndexMethod, Method>> = {
  btree: { severalColumns: true, unique: true, ordered: true, includes: true },
  hash: { severalColumns: false, unique: false, ordered: false, includes: false },
  gin: { severalColumns: true, unique: false, ordered: false, includes: false },
  gist: { severalColumns: true, unique: false, ordered: false, includes: true },
  brin: { severalColumns: true, unique: false, ordered: false, includes: false },
};

export const INDEX_METHODS = Object.keys(METHODS) as readonly IndexMethod[];

/** The types that a column can have here, as PostgreSQL names their operator classes. */
const TYPES = 'text jsonb array int2 int4 int8 float8 numeric bool timestamptz date time uuid bytea'.split(' ');

/** The operator class that each type has by default, under every method that has one for it. */
export const DEFAULT_CLASSES: readonly string[] = TYPES.map((type) => `${type}_ops`);

const OF_BRIN = 'int2 int4 int8 float8 numeric timestamptz date time uuid'.split(' ');

/** PostgreSQL's own, but for those of types that no field has (manual 11.10, 68.2, 68.5). */
export const OPERATOR_CLASSES: readonly string[] = [
  ...['text_pattern_ops', 'varchar_pattern_ops', 'jsonb_path_ops'],
  ...[...OF_BRIN, 'text', 'bytea'].map((type) => `${type}_bloom_ops`),
  ...OF_BRIN.map((type) => `${type}_minmax_multi_ops`),
  ...DEFAULT_CLASSES,
];

/** As far as a method decides about it. */
interface IndexParts {
  readonly method?: IndexMethod | undefined;
  readonly unique?: boolean | undefined;
  readonly include?: readonly unknown[] | undefined;
}

type Column = string | { readonly order?: unknown; readonly nulls?: unknown };

/** What an index asks for that its method cannot do. */
export function methodFaults(
  { method = 'btree', unique, include = [] }: IndexParts,
  columns: readonly Column[],
): Fault[] {
  const can = METHODS[method];
  const faults: Fault[] = [];
  const refuse = (path: string, what: string): void => {
    faults.push({ path, message: `a ${method} index ${what}` });
  };
  if (!can.severalColumns && columns.length > 1) refuse('columns', 'is over one column');
  if (!can.unique && unique === true) refuse('unique', 'cannot be unique');
  if (!can.includes && include.length > 0) refuse('include', 'includes no columns');
  columns.forEach((column, at) => {
    if (can.ordered || typeof column === 'string') return;
    for (const option of ['order', 'nulls'] as const) {
      if (column[option] !== undefined) refuse(`columns[${at}].${option}`, 'has no order');
    }
  });
  return faults;
}
