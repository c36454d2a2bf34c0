import { NO_FIELD } from '../spec/extra';
import { INDEX_METHODS } from '../spec/index-methods';
import { indexName, type Index } from '../spec/index-spec';
import type { FieldSpec, IndexColumnSpec, IndexMethod, IndexSpec } from '../spec/spec-types';
import { identifierFault, type Identifier } from '../sql/identifier';
import type { IndexFacts } from './facts';
import { conditionsIn, loweredIn } from './index-texts';

/** The words of an index, and of its constraint, that leave it what it is. Any other makes another one of it. */
const BESIDE = ['replica identity', 'clustered', 'options', 'tablespace', 'partitioned', 'inherited'];

/** The words that a spec has an option for. */
const EXPRESSION = 'on an expression';
const PARTIAL = 'partial';
const NULLS_NOT_DISTINCT = 'nulls not distinct';

export function isBeside(word: string): boolean {
  return BESIDE.includes(word);
}

/** An index without its name, or what no IndexSpec can say of it. */
export interface ReadIndex {
  readonly spec?: IndexSpec;
  readonly faults: readonly string[];
}

/** @param fields the fields of the table by the numbers of their columns */
export function indexRead(index: IndexFacts, fields: ReadonlyMap<number, FieldSpec>): ReadIndex {
  const { method, isValid, isUnique, collations, words, expressions, condition } = index;
  const fieldOf = (column: string): FieldSpec | undefined => [...fields.values()].find(({ name }) => name === column);
  const lowered = expressions === null ? undefined : loweredIn(expressions);
  const where = condition === null ? undefined : conditionsIn(condition, fieldOf);
  const isFields = [...(lowered ?? []), ...(where ?? []).map(({ column }) => column)].every((name) => fieldOf(name));
  const unsaid = new Map([
    [EXPRESSION, lowered === undefined],
    [PARTIAL, where === undefined],
    [NULLS_NOT_DISTINCT, false],
  ]);
  const columns = columnsOf(index, fields, lowered ?? []);
  const include = index.columns.slice(index.keyColumns).map((number) => fields.get(number)?.name);
  const known = columns.filter((column) => column !== undefined);
  const included = include.filter((column) => column !== undefined);
  const isMethod = INDEX_METHODS.some((name) => name === method);
  const faults = [
    ...(isValid ? [] : ['not valid']),
    ...(isMethod ? [] : [`by ${method}`]),
    ...words.filter((word) => !isBeside(word) && (unsaid.get(word) ?? true)),
    ...(unsaid.get(PARTIAL) === true && condition !== null ? [condition] : []),
    ...(unsaid.get(EXPRESSION) === true && expressions !== null ? [expressions] : []),
    ...collations.filter((name) => name !== '').map((name) => `collation ${name}`),
    ...(known.length + included.length === index.columns.length && isFields ? [] : [NO_FIELD]),
  ];
  if (faults.length > 0) return { faults };
  return {
    faults,
    spec: {
      columns: known,
      ...(isUnique ? { unique: true } : {}),
      ...(method === 'btree' ? {} : { method: method as IndexMethod }),
      ...(where === undefined ? {} : { where }),
      ...(included.length === 0 ? {} : { include: included }),
      ...(words.includes(NULLS_NOT_DISTINCT) ? { nullsNotDistinct: true } : {}),
    },
  };
}

/** Undefined for what is no field. An expression is of the next of the columns that are in lower case. */
function columnsOf(
  { columns, keyColumns, options, classes }: IndexFacts,
  fields: ReadonlyMap<number, FieldSpec>,
  lowered: readonly string[],
): readonly (string | IndexColumnSpec | undefined)[] {
  const expressions = [...lowered];
  return columns.slice(0, keyColumns).map((number, at) => {
    const lower = number === 0;
    const column = lower ? expressions.shift() : fields.get(number)?.name;
    if (column === undefined) return lower && lowered.length === 0 ? '' : undefined;
    const more = { ...(lower ? { lower } : {}), ...orderOf(options[at] ?? 0), ...classOf(classes[at] ?? '') };
    return Object.keys(more).length === 0 ? column : { column, ...more };
  });
}

/** The names of its columns; an expression is 0. */
export function keyColumnNames(index: IndexFacts, names: ReadonlyMap<number, string>): readonly string[] {
  return index.columns.slice(0, index.keyColumns).map((number) => names.get(number) ?? String(number));
}

/** pg_index.indoption: 1 descending, 2 nulls first. */
function orderOf(option: number): Pick<IndexColumnSpec, 'order' | 'nulls'> {
  const descends = (option & 1) !== 0;
  const nullsFirst = (option & 2) !== 0;
  return {
    ...(descends ? { order: 'desc' } : {}),
    ...(descends === nullsFirst ? {} : { nulls: nullsFirst ? 'first' : 'last' }),
  };
}

function classOf(operatorClass: string): Pick<IndexColumnSpec, 'operatorClass'> {
  return operatorClass === '' ? {} : { operatorClass };
}

/** What a field says by `unique: true`. */
export function isPlainUnique({ columns: [column, ...others], include, nullsNotDistinct }: IndexSpec): boolean {
  return typeof column === 'string' && others.length === 0 && include === undefined && nullsNotDistinct === undefined;
}

/** A name that no IndexSpec may have. */
export function nameFault({ name }: IndexFacts): string | undefined {
  const fault = identifierFault(name, 'constraint');
  return fault === undefined ? undefined : `its name ${fault}`;
}

/** With its name, unless that is the derived one. */
export function namedAs(name: string, table: string, spec: IndexSpec): IndexSpec {
  return indexName(table as Identifier, spec as Index) === name ? spec : { ...spec, name };
}
