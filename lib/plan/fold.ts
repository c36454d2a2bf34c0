import { typeOf } from '../field-types';
import { optionsOf, withoutOptions } from '../field-types/options';
import { judgedTypeOf, type FieldChanges } from '../spec/field-changes';
import type { Field } from '../spec/field-spec';
import { columnsUsedBy, indexName } from '../spec/index-spec';
import type { ForeignKey, Model } from '../spec/model-spec';
import { keyFields } from '../spec/model-keys';
import type { Identifier } from '../sql/identifier';
import type { Effect } from './effects';
import { makesUnique, renamedIn } from './fold-index';
import { keyed, notKey, notKeyByName, unkeyed, withKeySaid, withoutNeedless } from './fold-key';

/**
 * The models of an org after the effects of a change, or of a list of changes: pure, so changes can be combined without
 * a server. An effect that no server would have (dropping a missing table) changes nothing.
 */
export function fold(org: Identifier, effects: readonly Effect[], models: readonly Model[]): readonly Model[] {
  return effects.reduce((before, effect) => afterEffect(org, effect, before), models);
}

function afterEffect(org: Identifier, effect: Effect, models: readonly Model[]): readonly Model[] {
  if (effect.verb === 'refersTo') return models;
  if (effect.of !== 'table') return models.map((model) => afterInModel(org, effect, model));
  const { table } = effect;
  if (effect.verb === 'adds') return [...models, { ...effect.model, fields: withoutNeedless(effect.model.fields) }];
  if (effect.verb === 'drops') return models.filter((model) => model.table !== table);
  const target = (at: Target): Target => (isAt(at, org, table) ? { ...at, table: effect.to } : at);
  return models.map((model) => withTargets(model.table === table ? { ...model, table: effect.to } : model, target));
}

type Inner = Exclude<Effect, { readonly of: 'table' }>;

/** Includes the other models, whose references follow a renamed column. */
function afterInModel(org: Identifier, effect: Inner, model: Model): Model {
  if (effect.of === 'column' && effect.verb === 'renames') return afterRenaming(org, effect, model);
  if (model.table !== effect.table) return model;
  if (effect.of === 'index') {
    const indexes = model.indexes ?? [];
    if (effect.verb === 'adds') return { ...model, indexes: [...indexes, effect.index] };
    return withLists(model, { indexes: indexes.filter((index) => indexName(model.table, index) !== effect.name) });
  }
  if (effect.of === 'key') {
    return { ...model, fields: effect.verb === 'adds' ? keyed(model.fields, effect.columns) : unkeyed(model.fields) };
  }
  if (effect.of === 'reference') {
    return effect.verb === 'adds' ? withReference(model, effect.key) : withoutReference(model, effect.columns);
  }
  if (effect.verb === 'adds') return { ...model, fields: [...withKeySaid(model.fields), notKey(effect.field)] };
  if (effect.verb === 'drops') return withoutColumn(model, effect.column);
  const fields = model.fields.map((field) => (field.name === effect.column ? altered(field, effect.set) : field));
  return effect.set.unique === false ? withoutUniques({ ...model, fields }, effect.column) : { ...model, fields };
}

/** Drops whatever made the column unique, including an index. */
function withoutUniques(model: Model, column: Identifier): Model {
  return withLists(model, { indexes: model.indexes?.filter((index) => !makesUnique(index, column)) });
}

type Renaming = Extract<Inner, { readonly of: 'column'; readonly verb: 'renames' }>;

function afterRenaming(org: Identifier, { table, column, to }: Renaming, model: Model): Model {
  const renamed = (name: Identifier): Identifier => (name === column ? to : name);
  const target = (at: Target): Target => (isAt(at, org, table) ? { ...at, columns: at.columns.map(renamed) } : at);
  if (model.table !== table) return withTargets(model, target);
  const own = {
    ...model,
    fields: withKeySaid(model.fields).map((field) =>
      field.name === column ? notKeyByName({ ...field, name: to }) : field,
    ),
  };
  const { indexes, foreignKeys } = model;
  const lists = {
    indexes: indexes?.map((index) => renamedIn(index, renamed)),
    foreignKeys: foreignKeys?.map((key) => ({ ...key, columns: key.columns.map(renamed) })),
  };
  return withTargets(withLists(own, lists), target);
}

/** Drops what covers the column, if the change names it; otherwise the server refuses. */
function withoutColumn(model: Model, column: Identifier): Model {
  const key = keyFields(model.fields);
  const losesKey = key.some(({ name }) => name === column);
  const kept = losesKey ? unkeyed(model.fields) : model.fields;
  const fields = kept.filter(({ name }) => name !== column);
  const { indexes, foreignKeys } = model;
  return withLists(
    { ...model, fields },
    {
      indexes: indexes?.filter((index) => !columnsUsedBy(index).includes(column)),
      foreignKeys: foreignKeys?.filter(({ columns }) => !columns.includes(column)),
    },
  );
}

/** An empty list means the same as none, and is left out. */
function withLists(
  model: Model,
  lists: Partial<Record<'indexes' | 'foreignKeys', Model['indexes'] | Model['foreignKeys']>>,
): Model {
  const { indexes: _indexes, foreignKeys: _foreignKeys, ...rest } = model;
  const all = { indexes: model.indexes, foreignKeys: model.foreignKeys, ...lists };
  const kept = Object.fromEntries(Object.entries(all).filter(([, list]) => list !== undefined && list.length > 0));
  return { ...rest, ...kept };
}

function withReference(model: Model, key: ForeignKey): Model {
  const [column, ...others] = key.columns;
  if (others.length > 0) return { ...model, foreignKeys: [...(model.foreignKeys ?? []), key] };
  const {
    columns: [target],
    ...references
  } = key.references;
  const fields = model.fields.map((field) =>
    field.name === column && target !== undefined ? { ...field, references: { ...references, column: target } } : field,
  );
  return { ...model, fields };
}

function withoutReference(model: Model, columns: readonly Identifier[]): Model {
  const isOn = (key: ForeignKey): boolean => key.columns.join('.') === columns.join('.');
  const fields = model.fields.map((field) => {
    if (columns.length !== 1 || field.name !== columns[0]) return field;
    const { references: _references, ...rest } = field;
    return rest;
  });
  return withLists({ ...model, fields }, { foreignKeys: model.foreignKeys?.filter((key) => !isOn(key)) });
}

/** The other end of a reference, over one column or several. */
interface Target {
  readonly schema: Identifier;
  readonly table: Identifier;
  readonly columns: readonly Identifier[];
}

function isAt(target: Target, schema: Identifier, table: Identifier): boolean {
  return target.schema === schema && target.table === table;
}

function withTargets(model: Model, change: (target: Target) => Target): Model {
  const fields = model.fields.map((field) => {
    if (field.references === undefined) return field;
    const { column, ...rest } = field.references;
    const { columns, ...at } = change({ ...rest, columns: [column] });
    return { ...field, references: { ...rest, ...at, column: columns[0] ?? column } };
  });
  const foreignKeys = model.foreignKeys?.map((key) => ({
    ...key,
    references: { ...key.references, ...change(key.references) },
  }));
  return withLists({ ...model, fields }, { foreignKeys });
}

/** A field after alterField. */
function altered(field: Field, set: FieldChanges): Field {
  const { type: _type, ...named } = withoutOptions(set);
  const { default: value, ...rest } = { ...retyped(field, set), ...named };
  return value === null || value === undefined ? rest : { ...rest, default: value };
}

/** With its new type, and its default if that type accepts it. */
function retyped(field: Field, set: FieldChanges): Field {
  const to = judgedTypeOf({ column: field.name, set, from: field });
  if (to === undefined) return field;
  const whole = { ...withoutOptions(field), ...optionsOf(to), type: to.type };
  if (field.default === undefined || set.default !== undefined) return whole;
  const read = typeOf(whole).readDefault(field.default, whole);
  const { default: _default, ...without } = whole;
  return 'kept' in read ? { ...without, default: read.kept } : without;
}
