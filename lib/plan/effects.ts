import type { ErrorCode } from '../errors';
import type { Field } from '../spec/field-spec';
import type { FieldChanges } from '../spec/field-changes';
import { columnsUsedBy, indexName, keyColumnsOf, type Index } from '../spec/index-spec';
import type { ForeignKey, Model } from '../spec/model-spec';
import { derivedName, type Identifier } from '../sql/identifier';

/** What a change does to one object. The list of verbs is closed: a change does nothing else. */
export type Effect =
  | TableEffect
  | ColumnEffect
  | IndexEffect
  | ReferenceEffect
  | KeyEffect
  /** What the change needs of another table, or of its own. */
  | {
      readonly verb: 'refersTo';
      readonly of: 'table';
      readonly schema: Identifier;
      readonly table: Identifier;
      readonly columns: readonly Identifier[];
    };

type TableEffect = { readonly of: 'table'; readonly table: Identifier } & (
  | { readonly verb: 'adds'; readonly model: Model }
  | { readonly verb: 'drops' }
  | { readonly verb: 'renames'; readonly to: Identifier }
);

type ColumnEffect = { readonly of: 'column'; readonly table: Identifier; readonly column: Identifier } & (
  | { readonly verb: 'adds'; readonly field: Field }
  | { readonly verb: 'drops'; readonly cascade?: readonly string[] | undefined }
  | { readonly verb: 'renames'; readonly to: Identifier }
  | { readonly verb: 'alters'; readonly set: FieldChanges; readonly unconvertible?: 'null' | undefined }
);

type IndexEffect = { readonly of: 'index'; readonly table: Identifier } & (
  | { readonly verb: 'adds'; readonly index: Index; readonly name: Identifier }
  | { readonly verb: 'drops'; readonly name: string }
);

type ReferenceEffect = { readonly of: 'reference'; readonly table: Identifier } & (
  | { readonly verb: 'adds'; readonly key: ForeignKey }
  | { readonly verb: 'drops'; readonly columns: readonly Identifier[] }
);

/** The primary key of a table. */
type KeyEffect = { readonly of: 'key'; readonly table: Identifier } & (
  { readonly verb: 'adds'; readonly columns: readonly Identifier[] } | { readonly verb: 'drops' }
);

/** A table, or a column of it, that must or must not exist for a change to succeed. */
export interface Expectation {
  readonly schema: Identifier;
  readonly table: Identifier;
  /** If undefined, the table itself is meant. */
  readonly column?: Identifier;
  readonly present: boolean;
  /** The code if the expectation is not met. */
  readonly code: ErrorCode;
}

/** A table, or a column of it, that does or does not exist after the change. */
export type Presence = Omit<Expectation, 'code'>;

/** What must be true before a change, in the order in which PostgreSQL checks it. */
export function expectationsOf(org: Identifier, effects: readonly Effect[]): readonly Expectation[] {
  const found = new Map<string, Expectation>();
  for (const expected of effects.flatMap((effect) => expectationsOfOne(org, effect))) {
    const { schema, table, column = '' } = expected;
    const key = `${schema}.${table}.${column}`;
    if (!found.has(key)) found.set(key, expected);
  }
  return [...found.values()];
}

function expectationsOfOne(org: Identifier, effect: Effect): readonly Expectation[] {
  const { table } = effect;
  if (effect.verb === 'refersTo') {
    const target = { schema: effect.schema, table, present: true, code: 'REFERENCE_NOT_FOUND' } as const;
    return [target, ...effect.columns.map((column) => ({ ...target, column }))];
  }
  if (effect.of === 'table') return expectedOfTable(org, effect);
  const model = expectedModel(org, table);
  if (effect.of === 'column') return [model, ...expectedOfColumn(org, effect)];
  const fields = columnsNeededBy(effect).map((column) => expectedField(org, table, column));
  if (effect.of === 'reference' || effect.verb === 'drops') return [model, ...fields];
  const name = effect.of === 'key' ? derivedName('pkey', table, []) : effect.name;
  return [model, ...fields, absentIndex(org, name)];
}

function expectedOfTable(schema: Identifier, effect: TableEffect): readonly Expectation[] {
  const { table } = effect;
  if (effect.verb === 'adds') {
    const indexes = indexNamesOf(effect.model).map((name) => absentIndex(schema, name));
    return [{ schema, table, present: false, code: 'MODEL_EXISTS' }, ...indexes];
  }
  if (effect.verb === 'drops') return [expectedModel(schema, table)];
  return [expectedModel(schema, table), { schema, table: effect.to, present: false, code: 'MODEL_EXISTS' }];
}

function expectedOfColumn(schema: Identifier, effect: ColumnEffect): readonly Expectation[] {
  const { table, column } = effect;
  if (effect.verb === 'adds') return [{ schema, table, column, present: false, code: 'FIELD_EXISTS' }];
  const field = expectedField(schema, table, column);
  if (effect.verb !== 'renames') return [field];
  return [field, { schema, table, column: effect.to, present: false, code: 'FIELD_EXISTS' }];
}

function indexNamesOf({ table, indexes = [] }: Model): readonly Identifier[] {
  return indexes.map((index) => indexName(table, index));
}

function absentIndex(schema: Identifier, name: Identifier): Expectation {
  return { schema, table: name, present: false, code: 'INDEX_EXISTS' };
}

/** The expectations of a foreign key. */
export function refersTo({ schema, table, columns }: ForeignKey['references']): Effect {
  return { verb: 'refersTo', of: 'table', schema, table, columns };
}

/** The table has to exist. */
export function expectedModel(schema: Identifier, table: Identifier): Expectation {
  return { schema, table, present: true, code: 'MODEL_NOT_FOUND' };
}

/** The column has to exist. */
export function expectedField(schema: Identifier, table: Identifier, column: Identifier): Expectation {
  return { schema, table, column, present: true, code: 'FIELD_NOT_FOUND' };
}

/** What exists after a change, and what does not. Indexes share their names with tables. */
export function presenceAfter(schema: Identifier, effects: readonly Effect[]): readonly Presence[] {
  const at = (table: Identifier, present: boolean, column?: Identifier): Presence =>
    column === undefined ? { schema, table, present } : { schema, table, column, present };
  return effects.flatMap((effect): readonly Presence[] => {
    const { table } = effect;
    if (effect.verb === 'refersTo' || effect.verb === 'alters' || effect.of === 'reference') return [];
    const column = effect.of === 'column' ? effect.column : undefined;
    if (effect.of === 'key') return [at(derivedName('pkey', table, []), effect.verb === 'adds')];
    if (effect.of === 'index') return [at(effect.name as Identifier, effect.verb === 'adds')];
    if (effect.verb === 'renames') {
      return [at(table, false, column), column === undefined ? at(effect.to, true) : at(table, true, effect.to)];
    }
    if (effect.of === 'table' && effect.verb === 'adds') {
      const indexes = indexNamesOf(effect.model).map((name) => at(name, true));
      return [at(table, true), ...effect.model.fields.map(({ name }) => at(table, true, name)), ...indexes];
    }
    return [at(table, effect.verb === 'adds', column)];
  });
}

/** The columns of effects, for the log. */
export function fieldsOf(effects: readonly Effect[]): readonly Identifier[] {
  const fields: Identifier[] = [];
  for (const effect of effects) if (effect.verb !== 'refersTo') fields.push(...columnsOf(effect));
  return fields;
}

/** Those that have to be there, where an index, a reference or a key is added. */
function columnsNeededBy(effect: IndexEffect | ReferenceEffect | KeyEffect): readonly Identifier[] {
  return effect.of === 'index' && effect.verb === 'adds' ? columnsUsedBy(effect.index) : columnsOf(effect);
}

function columnsOf(effect: Exclude<Effect, { readonly verb: 'refersTo' }>): readonly Identifier[] {
  if (effect.of === 'column') return effect.verb === 'renames' ? [effect.column, effect.to] : [effect.column];
  if (effect.of === 'table') return effect.verb === 'adds' ? effect.model.fields.map(({ name }) => name) : [];
  if (effect.of === 'index') return effect.verb === 'adds' ? keyColumnsOf(effect.index) : [];
  if (effect.of === 'key') return effect.verb === 'adds' ? effect.columns : [];
  return effect.verb === 'adds' ? effect.key.columns : effect.columns;
}

/** Whether a table is created. */
export function createsTable(effects: readonly Effect[]): boolean {
  return effects.some(({ verb, of }) => verb === 'adds' && of === 'table');
}
