import type { Fault } from '../errors';
import { derivedName, type Identifier } from '../sql/identifier';
import type { Field } from './field-spec';
import { columnFaults, MAX_KEY_COLUMNS, repeated } from './column-faults';
import { indexTypeFaults, unknownIndexColumns } from './index-faults';
import { indexName, type Index } from './index-spec';
import { keyFields } from './model-keys';
import { setNullFaultsOfModel } from './set-null';

/** What is right of a model, as far as its faults go. */
interface Parts {
  readonly table?: Identifier | undefined;
  readonly fields?: readonly Field[] | undefined;
  readonly indexes?: readonly Index[] | undefined;
  readonly foreignKeys?: readonly Keyed[] | undefined;
}

interface Keyed {
  readonly columns: readonly Identifier[];
  readonly references: { readonly onDelete?: string | undefined; readonly onUpdate?: string | undefined };
}

/** More than the 1,600 columns of a table, which PostgreSQL itself refuses; a longer list is not even read. */
const MAX_FIELDS = 5000;

/** Faults that no single property of a model shows. */
export function modelFaults(right: Parts, given: Record<string, unknown>): readonly Fault[] {
  const names = fieldNames(given.fields);
  return [
    ...repeated(names, (index) => `fields[${index}].name`),
    ...keyFaults(right.fields ?? [], given.fields),
    ...unknownIndexColumns(given.indexes, names, MAX_FIELDS),
    ...unknownColumns(given.foreignKeys, names, 'foreignKeys'),
    ...indexTypeFaults(right.indexes ?? [], right.fields ?? []),
    ...relationNameFaults(right),
    ...foreignKeyNameFaults(right),
    ...setNullFaultsOfModel(right.fields ?? [], keyFields(right.fields ?? []), right.foreignKeys ?? []),
  ];
}

/** Includes fields with other faults: an index on them is not a fault. */
function fieldNames(fields: unknown): readonly string[] {
  if (!Array.isArray(fields) || fields.length > MAX_FIELDS) return [];
  return fields.map((field: unknown) => {
    const name = typeof field === 'object' && field !== null ? (field as { name?: unknown }).name : undefined;
    return typeof name === 'string' ? name : '';
  });
}

function keyFaults(fields: readonly Field[], given: unknown): Fault[] {
  const key = keyFields(fields);
  if (key.length > MAX_KEY_COLUMNS) {
    return [{ path: 'fields', message: `a primary key has at most ${MAX_KEY_COLUMNS} fields` }];
  }
  return key.flatMap((field) => {
    const at = fields.indexOf(field);
    const asGiven = (given as readonly { readonly default?: unknown }[])[at];
    const faults: Fault[] = [];
    if (asGiven?.default === null) {
      faults.push({ path: `fields[${at}].default`, message: 'null means no default, but a key is not nullable' });
    }
    if (field.nullable === true) {
      faults.push({ path: `fields[${at}].nullable`, message: `"${field.name}" is the key, which is never null` });
    }
    return faults;
  });
}

export function foreignKeyFaults(listed: readonly string[], target: readonly string[] | undefined): Fault[] {
  const faults = columnFaults(listed, 'columns');
  if (target !== undefined && target.length !== listed.length) {
    faults.push({ path: 'references.columns', message: 'must be as many as columns' });
  }
  return faults;
}

/** Read as passed, so one wrong item does not hide faults of the others. */
function unknownColumns(keys: unknown, names: readonly string[], path: string): Fault[] {
  if (!Array.isArray(keys) || keys.length > MAX_FIELDS) return [];
  return keys.flatMap((key: unknown, at) => {
    const listed: unknown = (key as { readonly columns?: unknown } | null)?.columns;
    if (!Array.isArray(listed) || listed.length > MAX_KEY_COLUMNS) return [];
    return listed.flatMap((name: unknown, index) => {
      if (typeof name !== 'string' || names.includes(name)) return [];
      return [{ path: `${path}[${at}].columns[${index}]`, message: 'is not a field of this model' }];
    });
  });
}

/** Tables, keys and indexes share one namespace in a schema (manual, CREATE INDEX). */
function relationNameFaults({ table, fields = [], indexes = [] }: Parts): Fault[] {
  // Derived names never collide; only an index can have a chosen name.
  if (table === undefined || indexes.length === 0) return [];
  const taken = new Map<string, string>([[table, 'table']]);
  taken.set(derivedName('pkey', table, []), 'the primary key');
  fields.forEach(({ name, unique }, at) => {
    if (unique === true) taken.set(derivedName('key', table, [name]), `fields[${at}].unique`);
  });
  return indexes.flatMap((index, at) => {
    const path = `indexes[${at}]`;
    const name = indexName(table, index);
    const other = taken.get(name);
    taken.set(name, other ?? path);
    return other === undefined ? [] : [{ path, message: `has the name of ${other}` }];
  });
}

function foreignKeyNameFaults({ fields = [], foreignKeys = [] }: Parts): Fault[] {
  const taken = new Map<string, string>();
  fields.forEach(({ name, references }, at) => {
    if (references !== undefined) taken.set(name, `fields[${at}].references`);
  });
  return foreignKeys.flatMap((key, at) => {
    const path = `foreignKeys[${at}]`;
    // No name contains a dot.
    const columnsOfKey = key.columns.join('.');
    const other = taken.get(columnsOfKey);
    taken.set(columnsOfKey, other ?? path);
    return other === undefined ? [] : [{ path, message: `is on the same columns as ${other}` }];
  });
}
