import type { Extra } from '../spec/extra';
import type { FieldSpec, IndexSpec } from '../spec/spec-types';
import type { ConstraintFacts, TableFacts } from './facts';
import { detailed } from './fields-of';
import { columnNameOf } from '../spec/index-spec';
import { indexRead, isBeside, keyColumnNames, isPlainUnique, nameFault, namedAs } from './index-of';

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

/**
 * The primary key, the unique constraints and the indexes of a table, by what they do and not by their names.
 *
 * @param fields the fields of the table by the numbers of their columns
 */
export function keysOf(table: TableFacts, fields: ReadonlyMap<number, FieldSpec>): ReadKeys {
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
    const { spec, faults: unsaid } = indexRead(index, fields);
    const faults = [...unsaid, ...faultsOfConstraint(constraint)];
    const beside = [...index.words, ...(constraint?.words ?? [])].filter((word) => isBeside(word));
    const add = (words: readonly string[]): void => {
      extras.push({
        kind,
        name: index.name,
        table: table.name,
        columns: keyColumnNames(index, all),
        ...detailed(words),
      });
    };
    const [column = 0] = index.columns;
    if (spec === undefined || faults.length > 0) {
      add([...faults, ...beside]);
      continue;
    }
    if (constraint?.type === 'p' && isInOrder(index.columns) && spec.include === undefined) primaryKey = index.columns;
    else if (constraint?.type === 'p') {
      const included = spec.include === undefined ? [] : [`includes ${spec.include.join(', ')}`];
      const order = isInOrder(index.columns)
        ? []
        : [`the order of its columns: ${spec.columns.map(columnNameOf).join(', ')}`];
      add([...included, ...order, ...beside]);
      continue;
    } else if (constraint?.type === 'u' && isPlainUnique(spec) && !uniques.has(column)) uniques.add(column);
    else {
      const fault = nameFault(index);
      if (fault !== undefined) {
        add([fault, ...beside]);
        continue;
      }
      indexes.push(namedAs(index.name, table.name, spec));
    }
    if (beside.length > 0) add(beside);
  }
  return { primaryKey, uniques, indexes, extras };
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
