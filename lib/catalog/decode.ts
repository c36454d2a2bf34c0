import type { Extra } from '../spec/extra';
import type { ColumnFacts, ConstraintFacts, IndexFacts, ReferenceFacts, SchemaFacts, TableFacts } from './facts';
import { all, numbersIn, only, wordsIn, type Row } from './rows';

type Type = readonly [oid: number, name: string, collation: number, storage: string];
type OperatorClass = readonly [oid: number, name: string, isDefault: boolean];

/** What numbers in the answer stand for. */
interface Dictionaries {
  readonly types: ReadonlyMap<number, Type>;
  readonly collations: ReadonlyMap<number, string>;
  readonly classes: ReadonlyMap<number, OperatorClass>;
  readonly checks: ReadonlyMap<number, string | null>;
}

/** The answer to {@link schemasQuery}, read. */
export function schemasIn(rows: readonly Row[]): readonly SchemaFacts[] {
  const dictionaries: Dictionaries = {
    types: new Map(only<Type>(rows, 'types').map((type) => [type[0], type])),
    collations: new Map(only<readonly [number, string]>(rows, 'collations')),
    classes: new Map(only<OperatorClass>(rows, 'operatorClasses').map((found) => [found[0], found])),
    checks: new Map(only<readonly [number, string | null]>(rows, 'checks')),
  };
  const shapes = new Map(
    all<readonly [number, RawTable]>(rows, 'shape').map(([id, table]) => [id, tableOf(table, dictionaries)]),
  );
  const objects = new Map(
    all<readonly [number, readonly RawPart[]]>(rows, 'objects').map(([id, list]) => [
      id,
      list.map((part) => extraOf(part)),
    ]),
  );
  return all<RawSchema>(rows, 'schema').map(([oid, name, ids, list, changing]) => ({
    oid: String(oid),
    name,
    tables: ids.flatMap((id) => shapes.get(id) ?? []),
    objects: objects.get(list) ?? [],
    isChanging: changing === 1,
    shape: `${list}:${ids.join()}`,
  }));
}

type RawSchema = readonly [oid: number, name: string, ids: readonly number[], objects: number, changing: number];
type RawPart = readonly [kind: string, name: string, detail: string];
type RawTable = readonly [
  name: string,
  kind: string,
  partition: number,
  words: string,
  columns: readonly RawColumn[],
  constraints: readonly RawConstraint[],
  indexes: readonly RawIndex[],
  parts: readonly RawPart[],
  comments: readonly (readonly [number, string])[],
];

function extraOf([kind, name, detail]: RawPart, table?: string): Extra {
  const word = detail.replace(/,$/, '');
  return { kind, name, ...(table === undefined ? {} : { table }), ...(word === '' ? {} : { detail: word }) };
}

function tableOf(
  [name, kind, partition, words, columns, constraints, indexes, parts, comments]: RawTable,
  dictionaries: Dictionaries,
): TableFacts {
  const collations = new Map(columns.map((column) => [column[0], column[7]]));
  return {
    name,
    kind,
    isPartition: partition === 1,
    words: wordsIn(words),
    columns: columns.map((column) => columnOf(column, dictionaries)),
    constraints: constraints.map((constraint) => constraintOf(constraint, dictionaries)),
    indexes: indexes.map((index) => indexOf(index, collations, dictionaries)),
    parts: parts.map((part) => extraOf(part, name)),
    comments: new Map(comments),
  };
}

type RawColumn = readonly [
  number: number,
  name: string,
  type: number | string,
  modifier: number,
  notNull: number,
  identity: string,
  generated: string,
  collation: number,
  storage: string,
  text: string | null,
  sequences: string | null,
  words: string,
];

function columnOf(
  [number, name, type, modifier, notNull, identity, generated, collation, storage, text, sequences, words]: RawColumn,
  { types, collations }: Dictionaries,
): ColumnFacts {
  const known = typeof type === 'number' ? types.get(type) : undefined;
  const hasOwnStorage = known !== undefined && known[3] !== storage;
  return {
    number,
    name,
    type: known?.[1] ?? `"${type}"`,
    modifier,
    isNotNull: notNull === 1,
    identity,
    generated,
    collation: known === undefined || known[2] === collation ? '' : (collations.get(collation) ?? String(collation)),
    default: text,
    sequences,
    words: [...wordsIn(words), ...(hasOwnStorage ? ['storage'] : [])],
  };
}

type RawConstraint = readonly [
  name: string,
  type: string,
  columns: string,
  words: string,
  references: readonly [string | null, string, string | readonly string[], string, string, string] | null,
  check: number | null,
];

function constraintOf(
  [name, type, columns, words, references, check]: RawConstraint,
  { checks }: Dictionaries,
): ConstraintFacts {
  return {
    name,
    type,
    columns: numbersIn(columns),
    words: wordsIn(words),
    references: references && referenceOf(references),
    check: check === null ? null : (checks.get(check) ?? null),
  };
}

function referenceOf([schema, table, columns, onDelete, onUpdate, match]: NonNullable<
  RawConstraint[4]
>): ReferenceFacts {
  const listed = typeof columns === 'string' ? numbersIn(columns) : columns;
  return { schema, table, columns: listed, onDelete, onUpdate, match };
}

type RawIndex = readonly [
  name: string,
  method: string,
  unique: number,
  valid: number,
  columns: string,
  keyColumns: number,
  options: string,
  classes: string,
  collations: string,
  words: string,
];

function indexOf(
  [name, method, unique, valid, columns, keyColumns, options, classes, collations, words]: RawIndex,
  ofColumns: ReadonlyMap<number, number>,
  dictionaries: Dictionaries,
): IndexFacts {
  const numbers = numbersIn(columns);
  return {
    name,
    method,
    isUnique: unique === 1,
    isValid: valid === 1,
    columns: numbers,
    keyColumns,
    options: numbersIn(options),
    classes: numbersIn(classes).map((oid) => {
      const [, className = String(oid), isDefault = false] = dictionaries.classes.get(oid) ?? [];
      return isDefault ? '' : className;
    }),
    collations: numbersIn(collations).map((oid, at) => {
      const own = ofColumns.get(numbers[at] ?? 0) ?? oid;
      return oid === own || oid === 0 ? '' : (dictionaries.collations.get(oid) ?? String(oid));
    }),
    words: wordsIn(words),
  };
}
