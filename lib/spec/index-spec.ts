import * as t from 'io-ts';
import { either } from 'fp-ts';
import { flag, listOf, NAME_CODEC, nameOf, OneValue, oneOf } from '../codec/codecs';
import { didYouMean } from '../codec/hints';
import { closedObject, type Closed } from '../codec/object-codec';
import { isRecord } from '../codec/plain-object';
import type { Fault } from '../errors';
import { derivedName, identifierFault, type Identifier } from '../sql/identifier';
import { textFault } from '../sql/literal';
import { textSizeFault } from '../codec/bounded-copy';
import { columnFaults, MAX_KEY_COLUMNS } from './column-faults';
import { INDEX_METHODS, methodFaults, OPERATOR_CLASSES } from './index-methods';
import type { IndexColumnSpec, IndexConditionSpec, IndexSpec as IndexSpecType } from './spec-types';

const yes = new OneValue<true>('true', (value) => (value === true ? undefined : 'must be true'));

/** PostgreSQL's own where it is one word, and one of a shared schema where it is `schema.name`. */
const classCodec = new OneValue<string>(NAME_CODEC, (value) => {
  if (typeof value !== 'string') return 'must be a string';
  const [schema = '', ...names] = value.split('.');
  if (names.length === 1) return identifierFault(schema, 'schema') ?? identifierFault(names[0], 'constraint');
  if (OPERATOR_CLASSES.includes(value)) return undefined;
  return `must be one of ${OPERATOR_CLASSES.join(', ')}, or 'schema.name'${didYouMean(value, OPERATOR_CLASSES)}`;
});

const ofColumn = {
  order: oneOf(['asc', 'desc'] as const),
  nulls: oneOf(['first', 'last'] as const),
  lower: yes,
  operatorClass: classCodec,
};

const ColumnObject = closedObject('IndexColumn', { column: nameOf('column') }, ofColumn);

type ColumnObject = t.TypeOf<typeof ColumnObject>;

/** A column of an index: its name, where nothing more is to be said of it. */
export type IndexColumn = Identifier | ColumnObject;

const name = nameOf('column');

const indexColumn = new t.Type<IndexColumn, string | IndexColumnSpec, unknown>(
  'an index column',
  (value): value is IndexColumn => name.is(value) || ColumnObject.is(value),
  (value, context) => {
    if (isRecord(value)) return either.map(shortest)(ColumnObject.validate(value, context));
    // A fault of a name is known by its codec.
    const named = context.map((entry, at) => (at === context.length - 1 ? { ...entry, type: name } : entry));
    return name.validate(value, named);
  },
  (column) => column,
);

/** Without what goes without saying: two that mean the same are the same. */
function shortest({ column, order, nulls, lower, operatorClass }: ColumnObject): IndexColumn {
  const descends = order === 'desc';
  const more = {
    ...(descends ? { order } : {}),
    ...(nulls === undefined || nulls === (descends ? 'first' : 'last') ? {} : { nulls }),
    ...(lower === undefined ? {} : { lower }),
    ...(operatorClass === undefined ? {} : { operatorClass }),
  };
  return Object.keys(more).length === 0 ? column : { column, ...more };
}

const comparable = new OneValue<string | number | boolean>('a value', (value) => {
  if (typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'must be finite';
  return typeof value === 'string' ? (textSizeFault(value) ?? textFault(value)) : 'must be a string, number or boolean';
});

const ConditionCodec = closedObject(
  'IndexCondition',
  { column: nameOf('column') },
  { is: oneOf(['null', 'not null'] as const), equals: comparable },
  ({ is }, given) => {
    if (given.is !== undefined && given.equals !== undefined) {
      return [{ path: '', message: 'must have either is or equals, not both' }];
    }
    return is === undefined && given.is === undefined && given.equals === undefined
      ? [{ path: '', message: "must have equals, or is: 'null' or 'not null'" }]
      : [];
  },
);

/** One condition on the rows that an index has. */
export type IndexCondition = t.TypeOf<typeof ConditionCodec>;

const Condition = ConditionCodec as unknown as t.Type<IndexCondition, IndexConditionSpec, unknown>;

/** The properties of an index, for the codecs that hold one. */
export const indexProps = {
  required: { columns: listOf(indexColumn) },
  optional: {
    unique: flag,
    name: nameOf('constraint'),
    method: oneOf(INDEX_METHODS),
    where: listOf(Condition),
    include: listOf(name),
    nullsNotDistinct: flag,
  },
};

type CheckedIndex = Closed<typeof indexProps.required, typeof indexProps.optional>;

/** What a caller writes; see spec-types.ts. */
export type IndexSpec = IndexSpecType;

/** What goes without saying is not said. */
export type Index = CheckedIndex;

export const IndexSpec = closedObject('IndexSpec', indexProps.required, indexProps.optional, indexFaults);

/** What no single property of an index shows; or the index in its shortest form. */
export function indexFaults(
  right: Partial<CheckedIndex>,
): readonly Fault[] | { readonly instead: Readonly<Record<string, unknown>> } {
  const { columns = ['?'], include = [], unique, nullsNotDistinct, method, where = [] } = right;
  const faults = [
    ...columnFaults(columns.map(asText), 'columns'),
    ...(include.length > 0 ? columnFaults(include, 'include') : []),
    ...methodFaults(right, columns),
  ];
  if (columns.length <= MAX_KEY_COLUMNS && columns.length + include.length > MAX_KEY_COLUMNS) {
    faults.push({ path: 'include', message: `must be at most ${MAX_KEY_COLUMNS} together with columns` });
  }
  if (nullsNotDistinct === true && unique !== true) {
    faults.push({ path: 'nullsNotDistinct', message: 'is for a unique index' });
  }
  if (faults.length > 0) return faults;
  return {
    instead: {
      ...(method === 'btree' ? { method: undefined } : {}),
      ...(where.length === 0 ? { where: undefined } : {}),
      ...(include.length === 0 ? { include: undefined } : {}),
      ...(nullsNotDistinct === true ? {} : { nullsNotDistinct: undefined }),
    },
  };
}

/** The same text for the same column with the same options. */
function asText(column: string | ColumnObject): string {
  return typeof column === 'string' ? column : JSON.stringify(column);
}

/** The name of a column of an index. */
export function columnNameOf<N extends string>(column: N | { readonly column: N }): N {
  return typeof column === 'string' ? column : column.column;
}

/** The columns that an index is ordered by, or finds rows by. */
export function keyColumnsOf({ columns }: Pick<Index, 'columns'>): readonly Identifier[] {
  return columns.map(columnNameOf);
}

/** Every column that an index depends on, each once. */
export function columnsUsedBy(index: Index): readonly Identifier[] {
  const { include = [], where = [] } = index;
  return [...new Set([...keyColumnsOf(index), ...include, ...where.map(({ column }) => column)])];
}

/** Whether an index has nothing but columns, a name and `unique`. */
export function isPlain({ columns, method, where, include, nullsNotDistinct }: Index): boolean {
  const extra = [method, where, include, nullsNotDistinct].some((option) => option !== undefined);
  return !extra && columns.every((column) => typeof column === 'string');
}

/** The name that an index has in the database. */
export function indexName(table: Identifier, index: Index): Identifier {
  return index.name ?? derivedName(index.unique === true ? 'key' : 'idx', table, keyColumnsOf(index));
}
