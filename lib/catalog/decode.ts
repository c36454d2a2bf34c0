import type { Extra } from '../spec/extra';
import type { SchemaFacts, TableFacts } from './facts';
import {
  columnOf,
  constraintOf,
  indexOf,
  type Dictionaries,
  type IndexTexts,
  type OperatorClass,
  type Type,
} from './decode-parts';
import { all, only, recordsIn, wordsIn, type Row } from './rows';

/** The answer to {@link schemasQuery}, read: schemas by their oids. */
export function schemasIn(rows: readonly Row[]): readonly SchemaFacts[] {
  const dictionaries: Dictionaries = {
    types: new Map(only<Type>(rows, 'types').map((type) => [type[0], type])),
    classes: new Map(only<OperatorClass>(rows, 'operatorClasses').map((found) => [found[0], found])),
    methods: new Map(only<readonly [number, string]>(rows, 'methods')),
    checks: new Map(only<readonly [number, string | null]>(rows, 'checks')),
    indexTexts: new Map(only<IndexTexts>(rows, 'indexTexts').map((texts) => [texts[0], texts])),
  };
  const shapes = new Map(
    all<readonly [number, string]>(rows, 'shape').map(([id, table]) => [id, tableOf(table, dictionaries)]),
  );
  const objects = new Map(
    all<readonly [number, readonly RawPart[]]>(rows, 'objects').map(([id, list]) => [
      id,
      list.filter(([kind]) => kind !== SHARD).map((part) => extraOf(part)),
    ]),
  );
  const schemas = all<RawSchema>(rows, 'schema').sort(([one], [other]) => one - other);
  return schemas.map(([oid, name, ids, list, changing]) => ({
    oid: String(oid),
    name,
    tables: ids.flatMap((id) => shapes.get(id) ?? []),
    objects: objects.get(list) ?? [],
    isChanging: changing === 1,
    shape: `${list}:${ids.join()}`,
  }));
}

type RawSchema = readonly [oid: number, name: string, ids: readonly number[], objects: number, changing: number];
/** A table among the other objects is one that pg_class hides: a shard on the coordinator of Citus. */
const SHARD = 'table';

type RawPart = readonly [kind: string, name: string, detail: string];
function extraOf([kind, name, detail]: RawPart, table?: string): Extra {
  const word = detail.replace(/,$/, '');
  return { kind, name, ...(table === undefined ? {} : { table }), ...(word === '' ? {} : { detail: word }) };
}

function tableOf(text: string, dictionaries: Dictionaries): TableFacts {
  const [record = []] = recordsIn(text);
  const [name, kind, isPartition, words, columns, keys, indexes, parts, comments] = record;
  const attributes = recordsIn(columns ?? null);
  const collations = new Map(attributes.map((column) => [Number(column[0]), Number(column[6])]));
  return {
    name: name ?? '',
    kind: kind ?? '',
    isPartition: isPartition === 't',
    words: wordsIn(words ?? ''),
    columns: attributes.map((column) => columnOf(column, dictionaries)),
    constraints: recordsIn(keys ?? null).map((constraint) => constraintOf(constraint, dictionaries)),
    indexes: recordsIn(indexes ?? null).map((index) => indexOf(index, collations, dictionaries)),
    parts: listIn<RawPart>(parts).map((part) => extraOf(part, name ?? '')),
    comments: new Map(listIn<readonly [number, string]>(comments)),
  };
}

function listIn<T>(text: string | null | undefined): readonly T[] {
  return JSON.parse(`[${text ?? ''}]`) as T[];
}
