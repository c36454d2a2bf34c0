import type { FieldChangesSpec } from '../../spec/field-changes';
import { columnNameOf, indexName, isPlain, type Index } from '../../spec/index-spec';
import type { IndexSpec } from '../../spec/spec-types';
import type { Extra } from '../../spec/extra';
import type { Identifier } from '../../sql/identifier';
import type { Change } from '../operations';
import type { Difference, DifferenceKind, DifferenceOf } from './difference';
import { indexShown } from './index-shown';

/** How a kind of difference is described and resolved. */
interface Kind<D> {
  /** In words, without the value of a default. */
  words(difference: D): string;
  /** The changes that resolve it, other than alterField. */
  changes?(difference: D): readonly Change[];
  /** The properties that alterField sets. */
  sets?(difference: D): FieldChangesSpec;
}

type Kinds = { readonly [K in DifferenceKind]: Kind<DifferenceOf<K>> };

/** Every kind of difference: a new one is a member of the union and an entry here. */
const kinds: Kinds = {
  missingModel: {
    words: ({ table }) => `${table} is missing`,
    changes: ({ desired }) => [{ kind: 'createModel', ...desired }],
  },
  extraModel: {
    words: ({ table }) => `${table} is not among the models`,
    changes: ({ table }) => [{ kind: 'dropModel', table }],
  },
  missingField: {
    words: ({ table, column }) => `${table}.${column} is missing`,
    // A key is made afterwards, as the difference that it is.
    changes: ({ table, desired: { primaryKey: _primaryKey, ...field } }) => [{ kind: 'addField', table, field }],
  },
  extraField: {
    words: ({ table, column }) => `${table}.${column} is not a field of the model`,
    changes: ({ table, column }) => [{ kind: 'dropField', table, column }],
  },
  type: {
    words: ({ table, column, desired, actual }) =>
      `${table}.${column} is ${typeShown(actual)}, not ${typeShown(desired)}`,
    sets: ({ desired }) => desired,
  },
  values: {
    words: ({ table, column, desired: { values }, actual }) =>
      values === undefined
        ? `${table}.${column} is held to values`
        : `${table}.${column} is ${actual.values === undefined ? 'not held to its values' : 'held to other values'}`,
    sets: ({ desired }) => desired,
  },
  nullable: {
    words: ({ table, column, desired }) => `${table}.${column} ${desired ? 'cannot' : 'can'} be null`,
    sets: ({ desired }) => ({ nullable: desired }),
  },
  identity: {
    words: ({ table, column, desired }) => `${table}.${column} is ${desired ? 'not ' : ''}an identity`,
  },
  default: {
    words: ({ table, column, desired, actual }) =>
      `${table}.${column} has ${desired === undefined ? 'a' : actual === undefined ? 'no' : 'another'} default`,
    sets: ({ desired }) => ({ default: desired ?? null }),
  },
  unique: {
    words: ({ table, column, desired }) => `${table}.${column} is ${desired ? 'not ' : ''}unique`,
    sets: ({ desired }) => ({ unique: desired }),
  },
  comment: {
    words: ({ table, column }) => `${column === undefined ? table : `${table}.${column}`} has another comment`,
    sets: ({ desired }) => ({ comment: desired ?? '' }),
  },
  key: {
    words: ({ table, desired, actual }) =>
      `the primary key of ${table} is ${keyShown(actual)}, not ${keyShown(desired)}`,
    changes: ({ table, desired, actual }) => [
      ...('kind' in actual || actual.length > 0 ? [{ kind: 'dropKey', table } as const] : []),
      ...(desired.length > 0 ? [{ kind: 'addKey', table, columns: desired } as const] : []),
    ],
  },
  missingIndex: {
    words: ({ table, desired }) => `${table} has no ${indexShown(desired)}`,
    changes: ({ table, desired }) => [{ kind: 'addIndex', table, ...desired }],
  },
  extraIndex: {
    words: ({ table, actual }) => `${table} has an ${indexShown(actual).replace(/^unique/, 'extra unique')}`,
    changes: ({ table, actual }) => [dropIndex(table, actual)],
  },
  index: {
    words: ({ table, desired, actual }) => `the ${indexShown(desired)} of ${table} is ${otherShown(actual, desired)}`,
    changes: ({ table, desired, actual }) => replaced(table, desired, actual),
  },
  missingReference: {
    words: ({ table, desired }) => `${table} has no reference on ${desired.columns.join(', ')}`,
    changes: ({ table, desired }) => [{ kind: 'addReference', table, ...desired }],
  },
  extraReference: {
    words: ({ table, actual }) => `${table} has a reference on ${actual.columns.join(', ')}`,
    changes: ({ table, actual: { columns } }) => [{ kind: 'dropReference', table, columns }],
  },
  reference: {
    words: ({ table, desired, actual }) =>
      `the reference on ${desired.columns.join(', ')} of ${table} is ${'kind' in actual ? extraShown(actual) : 'another one'}`,
    changes: ({ table, desired }) => [
      { kind: 'dropReference', table, columns: desired.columns },
      { kind: 'addReference', table, ...desired },
    ],
  },
  missingObject: { words: ({ desired }) => `${objectShown(desired)} is missing` },
  extraObject: {
    words: ({ actual }) =>
      `${objectShown(actual)}${actual.detail === undefined ? ' is in no model' : `: ${actual.detail}`}`,
    changes: ({ actual: { table, name } }) => (table === undefined ? [] : [{ kind: 'dropIndex', table, name }]),
  },
  object: {
    words: ({ desired, actual }) =>
      `${objectShown(actual)} is ${actual.detail ?? 'as usual'}, not ${desired.detail ?? 'as usual'}`,
  },
};

/** The entry for a difference of any kind. */
export function kindOf(difference: Difference): Kind<Difference> {
  return kinds[difference.kind];
}

/** A difference in words: `invoice.status is missing`. The value of a default is not in them. */
export function formatDifference(difference: Difference): string {
  return kindOf(difference).words(difference);
}

function typeShown(type: DifferenceOf<'type'>['actual']): string {
  if ('kind' in type) return extraShown(type);
  const { type: name, values: _values, array, ...options } = type;
  const shown = Object.values(options).filter((option) => option !== undefined);
  return `${name}${shown.length === 0 ? '' : `(${shown.join(', ')})`}${array === true ? '[]' : ''}`;
}

function keyShown(key: DifferenceOf<'key'>['actual']): string {
  if (!('kind' in key)) return key.length === 0 ? 'missing' : key.join(', ');
  return extraShown(key);
}

function extraShown({ detail, name }: Extra): string {
  return detail ?? `"${name}"`;
}

function objectShown({ kind, table, name }: Extra): string {
  return table === undefined || table === name ? `${kind} ${name}` : `${kind} ${name} of ${table}`;
}

function otherShown(actual: IndexSpec | Extra, desired: IndexSpec): string {
  if ('kind' in actual) return extraShown(actual);
  const { name, ...unnamed } = actual;
  return name === desired.name ? `an ${indexShown(unnamed)}` : `called ${name ?? 'by its derived name'}`;
}

function dropIndex(table: string, actual: IndexSpec): Change {
  return { kind: 'dropIndex', table, name: indexName(table as Identifier, actual as Index) };
}

/** What a field says is made by its field: a constraint has another name than an index. */
function replaced(table: string, desired: IndexSpec, actual: IndexSpec | Extra): readonly Change[] {
  const [first = ''] = desired.columns;
  const column = columnNameOf(first);
  const isOfField =
    desired.unique === true && desired.columns.length === 1 && desired.name === undefined && isPlain(desired as Index);
  const set = (unique: boolean): Change => ({ kind: 'alterField', table, column, set: { unique } });
  const made: Change = isOfField ? set(true) : { kind: 'addIndex', table, ...desired };
  if (!('kind' in actual)) return [dropIndex(table, actual), made];
  return [actual.kind === 'index' ? { kind: 'dropIndex', table, name: actual.name } : set(false), made];
}
