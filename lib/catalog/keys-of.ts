import type { Extra } from '../spec/extra';
import type { IndexSpec } from '../spec/spec-types';
import { derivedName, identifierFault, type Identifier } from '../sql/identifier';
import type { ConstraintFacts, IndexFacts, TableFacts } from './facts';
import { detailed } from './fields-of';
import { NO_FIELD } from '../spec/extra';

export interface ReadKeys {
  /** The columns of the primary key, by their numbers. */
  readonly primaryKey: readonly number[];
  /** Columns with a unique constraint of their own. */
  readonly uniques: ReadonlySet<number>;
  readonly indexes: readonly IndexSpec[];
  readonly extras: readonly Extra[];
}

const KIND_OF_CONSTRAINT: Readonly<Record<string, string>> = {
  p: 'primary key',
  u: 'unique constraint',
  x: 'exclusion constraint',
};

/** The words of an index that leave it what it is. Any other makes another one of it. */
const BESIDE = ['replica identity', 'clustered', 'options', 'tablespace', 'partitioned', 'inherited'];

/** The same of a constraint. */
const BESIDE_CONSTRAINT = ['inherited'];

/**
 * The primary key, the unique constraints and the indexes of a table, by what they do and not by their names.
 *
 * @param names the fields of the table by the numbers of their columns
 */
export function keysOf(table: TableFacts, names: ReadonlyMap<number, string>): ReadKeys {
  const all = new Map(table.columns.map(({ number, name }) => [number, name]));
  const extras: Extra[] = [];
  const indexes: IndexSpec[] = [];
  const uniques = new Set<number>();
  let primaryKey: readonly number[] = [];
  const constraints = new Map(
    table.constraints
      .filter(({ type }) => type in KIND_OF_CONSTRAINT)
      .map((constraint) => [constraint.name, constraint]),
  );
  for (const index of table.indexes) {
    const constraint = constraints.get(index.name);
    const kind = constraint === undefined ? 'index' : (KIND_OF_CONSTRAINT[constraint.type] ?? '');
    const faults = [...faultsOf(index, names), ...faultsOfConstraint(constraint)];
    const beside = [...index.words, ...(constraint?.words ?? [])].filter((word) => isBeside(word));
    const add = (words: readonly string[]): void => {
      extras.push({
        kind,
        name: index.name,
        table: table.name,
        columns: listed(index.columns.slice(0, index.keyColumns), all),
        ...detailed(words),
      });
    };
    const [column = 0] = index.columns;
    if (faults.length > 0) {
      add([...faults, ...beside]);
      continue;
    }
    if (constraint?.type === 'p' && isInOrder(index.columns)) primaryKey = index.columns;
    else if (constraint?.type === 'p') {
      add([`the order of its columns: ${listed(index.columns, names).join(', ')}`, ...beside]);
      continue;
    } else if (constraint?.type === 'u' && index.columns.length === 1 && !uniques.has(column)) uniques.add(column);
    else {
      const fault = nameFault(index);
      if (fault !== undefined) {
        add([fault, ...beside]);
        continue;
      }
      indexes.push(specOf(index, table.name, names));
    }
    if (beside.length > 0) add(beside);
  }
  return { primaryKey, uniques, indexes, extras };
}

function isBeside(word: string): boolean {
  return BESIDE.includes(word) || BESIDE_CONSTRAINT.includes(word);
}

/** What no IndexSpec can say. */
function faultsOf(index: IndexFacts, names: ReadonlyMap<number, string>): string[] {
  const { method, isValid, columns, keyColumns, options, classes, collations, words } = index;
  const included = listed(columns.slice(keyColumns), names);
  return [
    ...(isValid ? [] : ['not valid']),
    ...(method === 'btree' ? [] : [`by ${method}`]),
    ...words.filter((word) => !isBeside(word)),
    ...(included.length > 0 ? [`includes ${included.join(', ')}`] : []),
    ...(options.some((option) => option !== 0) ? [`order ${options.map(orderOf).join(', ')}`] : []),
    ...classes.filter((name) => name !== '').map((name) => `operator class ${name}`),
    ...collations.filter((name) => name !== '').map((name) => `collation ${name}`),
    ...(columns.some((number) => number !== 0 && !names.has(number)) ? [NO_FIELD] : []),
  ];
}

/** pg_index.indoption. */
function orderOf(option: number): string {
  return `${(option & 1) === 0 ? 'asc' : 'desc'} nulls ${(option & 2) === 0 ? 'last' : 'first'}`;
}

function faultsOfConstraint(constraint: ConstraintFacts | undefined): readonly string[] {
  if (constraint === undefined) return [];
  const words = constraint.words.filter((word) => !isBeside(word));
  return constraint.type === 'x' ? ['exclusion', ...words] : words;
}

/** Fields are the key in the order of the columns. */
function isInOrder(columns: readonly number[]): boolean {
  return columns.every((number, at) => at === 0 || number > (columns[at - 1] ?? 0));
}

function listed(columns: readonly number[], names: ReadonlyMap<number, string>): string[] {
  return columns.map((number) => names.get(number) ?? String(number));
}

/** A name that no IndexSpec may have. */
function nameFault({ name }: IndexFacts): string | undefined {
  const fault = identifierFault(name, 'constraint');
  return fault === undefined ? undefined : `its name ${fault}`;
}

function specOf(index: IndexFacts, table: string, names: ReadonlyMap<number, string>): IndexSpec {
  const columns = listed(index.columns, names);
  const derived = derivedName(index.isUnique ? 'key' : 'idx', table as Identifier, columns as Identifier[]);
  return {
    columns,
    ...(index.isUnique ? { unique: true } : {}),
    ...(index.name === derived ? {} : { name: index.name }),
  };
}
