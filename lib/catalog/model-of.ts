import type { Extra, TenantInspection } from '../spec/extra';
import type { FieldSpec, ModelSpec } from '../spec/spec-types';
import { identifierFault } from '../sql/identifier';
import type { SchemaFacts, TableFacts } from './facts';
import { detailed, fieldsOf } from './fields-of';
import { keysOf, type ReadKeys } from './keys-of';
import { referencesOf } from './references-of';

/** Tables, with or without partitions. */
const MODEL_KINDS = ['r', 'p'];

/** The contents of a schema as specs and extras. An object is in one of the two, or in both if only part of it fits a spec. */
export function inspectionOf({ name: org, tables, objects }: SchemaFacts): TenantInspection {
  const columns = new Map(
    tables.map((table) => [table.name, new Map(table.columns.map(({ number, name }) => [number, name]))]),
  );
  const columnOf = (table: string, number: number): string | undefined => columns.get(table)?.get(number);
  const read = [...tables].sort(byName).map((table) => modelOf(org, table, columnOf));
  const identities = new Set(
    read.flatMap(({ model }) =>
      (model?.fields ?? []).filter(({ identity }) => identity).map(({ name }) => `of ${model?.table ?? ''}.${name}`),
    ),
  );
  // It goes with its field, which says it.
  const isOfIdentity = ({ kind, detail }: Extra): boolean => kind === 'sequence' && identities.has(detail ?? '');
  return {
    org,
    models: read.flatMap(({ model }) => model ?? []),
    extras: [
      ...read.flatMap(({ extras }) => extras),
      ...[...objects].filter((extra) => !isOfIdentity(extra)).sort(byName),
    ],
  };
}

/** By code unit: the same in every locale. */
function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

interface ReadTable {
  readonly model?: ModelSpec;
  readonly extras: readonly Extra[];
}

function modelOf(
  org: string,
  table: TableFacts,
  columnOf: (table: string, number: number) => string | undefined,
): ReadTable {
  const fault = identifierFault(table.name, 'table');
  if (!MODEL_KINDS.includes(table.kind) || table.isPartition || fault !== undefined)
    return { extras: extrasOf(table, fault) };
  const { fields: read, extras: ofFields } = fieldsOf(table);
  const names = new Map(read.map(({ number, field }) => [number, field.name]));
  const keys = keysOf(table, new Map(read.map(({ number, field }) => [number, field])));
  const references = referencesOf(org, table, names, columnOf);
  const fields = read.map(({ number, field }) => {
    const reference = references.ofFields.get(number);
    return {
      ...keyed(field, number, keys),
      ...(reference === undefined ? {} : { references: reference }),
    };
  });
  const comment = table.comments.get(0);
  const model: ModelSpec = {
    table: table.name,
    fields,
    ...(comment === undefined ? {} : { comment }),
    ...(keys.indexes.length > 0 ? { indexes: keys.indexes } : {}),
    ...(references.ofModel.length > 0 ? { foreignKeys: references.ofModel } : {}),
  };
  return { model, extras: [...tableWords(table), ...ofFields, ...keys.extras, ...references.extras, ...table.parts] };
}

/** A field named `id` is the key by default, and a key is never null. */
function keyed(field: FieldSpec, number: number, { primaryKey, uniques }: ReadKeys): FieldSpec {
  const isKey = primaryKey.includes(number);
  const isOnlyKey = field.name === 'id' && primaryKey.length === (isKey ? 1 : 0);
  const { nullable, ...rest } = field;
  return {
    ...rest,
    ...(nullable === undefined || isKey ? {} : { nullable }),
    ...(uniques.has(number) ? { unique: true } : {}),
    ...(isKey === isOnlyKey ? {} : { primaryKey: isKey }),
  };
}

function tableWords({ name, kind, words }: TableFacts): readonly Extra[] {
  const all = kind === 'p' ? ['partitioned', ...words] : words;
  return all.map((detail) => ({ kind: 'table', name, table: name, detail }));
}

const KIND_OF_CONSTRAINT: Readonly<Record<string, string>> = {
  c: 'check',
  f: 'foreign key',
  n: 'not null',
  p: 'primary key',
  u: 'unique constraint',
  x: 'exclusion constraint',
};

/** The contents of a table that is not a model. Views and the like are objects of the schema themselves. */
function extrasOf(table: TableFacts, fault: string | undefined): readonly Extra[] {
  const { name, kind, isPartition, words, constraints, indexes, parts } = table;
  const own: Extra[] = MODEL_KINDS.includes(kind)
    ? [
        {
          kind: isPartition ? 'partition' : 'table',
          name,
          ...detailed(fault === undefined ? words : [fault, ...words]),
        },
      ]
    : [];
  const keys = new Set(constraints.map((constraint) => constraint.name));
  return [
    ...own,
    ...constraints.map(({ name: key, type, words: more }) => ({
      kind: KIND_OF_CONSTRAINT[type] ?? type,
      name: key,
      table: name,
      ...detailed(more),
    })),
    ...indexes
      .filter((index) => !keys.has(index.name))
      .map((index) => ({ kind: 'index', name: index.name, table: name, ...detailed(index.words) })),
    ...parts,
  ];
}
