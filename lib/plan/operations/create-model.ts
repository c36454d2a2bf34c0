import * as t from 'io-ts';
import { closedObject } from '../../codec/object-codec';
import { derivedName, qualified, type Identifier } from '../../sql/identifier';
import type { Field } from '../../spec/field-spec';
import { isPlain } from '../../spec/index-spec';
import { modelProps, type ForeignKey } from '../../spec/model-spec';
import { keyFields, uniqueFields } from '../../spec/model-keys';
import { modelFaults } from '../../spec/model-faults';
import { step, type Hazard, type Step } from '../plan';
import { addColumn, addIndex, commentOn, createIndexInBatch } from '../render';
import { creation } from '../creation';
import { indexSizeHazards } from '../index-hazards';
import { refersTo } from '../effects';
import { foreignKeyClause, foreignKeysOf, isSelf, targetLock } from '../foreign-keys';
import type { IsNew, Operation } from './operation';

const codec = closedObject(
  'createModel',
  { kind: t.literal('createModel'), ...modelProps.required },
  modelProps.optional,
  modelFaults,
);

type CreateModel = t.TypeOf<typeof codec>;

/** `create table` with its key, checks, indexes, comments and foreign keys. Locks the tables it refers to. */
export const createModel: Operation<CreateModel, t.OutputOf<typeof codec>> = {
  codec,
  message: 'CREATE TABLE',
  effects: (_org, { kind: _kind, ...model }) => [
    { verb: 'adds', of: 'table', table: model.table, model },
    ...foreignKeysOf(model).map(({ references }) => refersTo(references)),
  ],
  plan: (org, change, isNew) => {
    const keys = foreignKeysOf(change);
    const inline = keys.filter((key) => isInline(org, change, key, isNew));
    const [create = '', ...others] = tableStatements(org, change, inline);
    return {
      // A step that is a block only runs what it contains.
      goesByCatalog: false,
      steps: [
        step(create, { hazards: hazardsOf(change) }),
        ...[...others, ...commentStatements(org, change)].map((sql) => step(sql)),
      ],
      // Models that are created together can refer to each other in any order, even in circles.
      lastSteps: keys.filter((key) => !inline.includes(key)).map((key) => foreignKeyStep(org, change.table, key)),
    };
  },
};

function tableStatements(org: Identifier, change: CreateModel, inline: readonly ForeignKey[]): string[] {
  const { table, fields } = change;
  const plain = (change.indexes ?? []).filter(isPlain);
  const written = (change.indexes ?? []).filter((index) => !isPlain(index));
  const key = keyFields(fields);
  const isNullable = (field: Field): boolean => field.nullable !== false && !key.includes(field);
  const uniques = uniqueFields(fields).map(({ name }) => name);
  const keyNames = key.map(({ name }) => name);
  // A reference has its tenant's schema, and is written below.
  const rendered = [fields.map(({ references: _references, ...field }) => field), plain];
  const [create = '', ...others] = creation(org, table, rendered, (builder) => {
    for (const field of fields) addColumn(builder, table, field, isNullable(field));
    if (key.length > 0) builder.primary(keyNames, { constraintName: derivedName('pkey', table, []) });
    for (const name of uniques) builder.unique([name], { indexName: derivedName('key', table, [name]) });
    for (const index of plain) addIndex(builder, table, index);
  });
  // knex cannot put a foreign key inside create table, where it costs the server a fifth less than one added later.
  const clauses = inline.map((foreignKey) => `, ${foreignKeyClause(table, foreignKey)}`);
  const indexes = written.map((index) => createIndexInBatch(org, table, index));
  return [`${create.slice(0, -1)}${clauses.join('')})`, ...others, ...indexes];
}

function commentStatements(org: Identifier, { table, fields, comment }: CreateModel): string[] {
  const onFields = fields.flatMap((field) =>
    field.comment === undefined ? [] : [commentOn(org, table, field.name, field.comment)],
  );
  return comment === undefined ? onFields : [commentOn(org, table, undefined, comment), ...onFields];
}

/**
 * If the referenced key exists by then and no lock has to be waited for: on a table that the plan has already created,
 * or on the primary key of the table itself.
 */
function isInline(org: Identifier, change: CreateModel, { references }: ForeignKey, isNew: IsNew): boolean {
  if (!isSelf(org, change.table, references)) return isNew(references.schema, references.table);
  const key = keyFields(change.fields).map(({ name }) => name);
  return key.length === references.columns.length && references.columns.every((column) => key.includes(column));
}

function foreignKeyStep(org: Identifier, table: Identifier, key: ForeignKey): Step {
  const sql = `alter table ${qualified(org, table)} add ${foreignKeyClause(table, key)}`;
  return step(sql, { locks: [targetLock(key.references)] });
}

function hazardsOf({ table, fields, indexes = [] }: CreateModel): readonly Hazard[] {
  const sizes = indexSizeHazards(table, indexes, fields);
  if (keyFields(fields).length > 0) return sizes;
  const noKey: Hazard = {
    kind: 'noKey',
    table,
    message: `"${table}" has no primary key: once it is in a publication, PostgreSQL refuses to update or delete its rows.`,
    saferWay:
      'Add a field named id, or set primaryKey: true on the fields that identify its rows; addKey makes a key later.',
  };
  return [...sizes, noKey];
}
