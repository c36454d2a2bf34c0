import * as t from 'io-ts';
import { closed } from '../closed';
import { derivedName, type Identifier } from '../identifier';
import { indexName, keyFields, modelFaults, modelProps, type ForeignKey } from '../model-spec';
import { step, type Step } from '../plan';
import { addColumn, commentOn, rendered } from '../render';
import { expectedReference } from '../subject';
import type { Operation } from './operation';

const codec = closed(
  'createModel',
  { kind: t.literal('createModel'), ...modelProps.required },
  modelProps.optional,
  modelFaults,
);

type CreateModel = t.TypeOf<typeof codec>;

/** `create table` with its key, checks, indexes, comments and foreign keys. Locks the tables it refers to. */
export const createModel: Operation<CreateModel, t.OutputOf<typeof codec>> = {
  codec,
  steps: (org, change) => [
    ...tableStatements(org, change).map((sql) => step(sql)),
    ...commentStatements(org, change).map((sql) => step(sql)),
    ...foreignKeySteps(org, change),
  ],
  hazards: () => [],
  subject: (org, change) => ({
    message: 'CREATE TABLE',
    table: change.table,
    fields: change.fields.map(({ name }) => name),
    expectations: [
      { schema: org, table: change.table, present: false, code: 'MODEL_EXISTS' },
      ...foreignKeys(change)
        .filter(({ references }) => !isSelf(org, change, references))
        .flatMap(({ references: { schema, table, columns } }) => expectedReference(schema, table, columns)),
    ],
    effects: [
      { schema: org, table: change.table, present: true },
      ...change.fields.map(({ name }) => ({ schema: org, table: change.table, column: name, present: true })),
    ],
  }),
  references: ({ fields, foreignKeys: keys = [] }) => [
    ...fields.flatMap(({ references }, index) =>
      references === undefined ? [] : [{ path: `fields[${index}].references.schema`, schema: references.schema }],
    ),
    ...keys.map(({ references }, index) => ({
      path: `foreignKeys[${index}].references.schema`,
      schema: references.schema,
    })),
  ],
};

function tableStatements(org: Identifier, { table, fields, indexes = [] }: CreateModel): string[] {
  const key = keyFields(fields);
  return rendered(org, (schema) =>
    schema.createTable(table, (builder) => {
      for (const field of fields) addColumn(builder, table, field, field.nullable !== false && !key.includes(field));
      if (key.length > 0) {
        const names = key.map(({ name }) => name);
        builder.primary(names, { constraintName: derivedName('pkey', table, []) });
      }
      for (const { name, unique } of fields) {
        if (unique === true) builder.unique([name], { indexName: derivedName('key', table, [name]) });
      }
      for (const index of indexes) {
        const name = indexName(table, index);
        if (index.unique === true) builder.unique([...index.columns], { indexName: name, useConstraint: false });
        else builder.index([...index.columns], name);
      }
    }),
  );
}

function commentStatements(org: Identifier, { table, fields, comment }: CreateModel): string[] {
  const onFields = fields.flatMap((field) =>
    field.comment === undefined ? [] : [commentOn(org, table, field.name, field.comment)],
  );
  return comment === undefined ? onFields : [commentOn(org, table, undefined, comment), ...onFields];
}

/**
 * Last, since the lock on a referenced table lasts until COMMIT; and in one order, the same for every
 * model: two creates that refer to the same two tables would otherwise wait for each other.
 */
function foreignKeySteps(org: Identifier, change: CreateModel): Step[] {
  return [...foreignKeys(change)].sort(byReferencedTable).map((key) => {
    const { schema, table, columns, onDelete } = key.references;
    const [sql = ''] = rendered(org, (builder) =>
      builder.alterTable(change.table, (alter) => {
        alter
          .foreign([...key.columns], derivedName('fkey', change.table, key.columns))
          .references([...columns])
          .inTable(`${schema}.${table}`) // neither name can hold the dot at which knex splits
          .onDelete(onDelete.toLowerCase());
      }),
    );
    if (isSelf(org, change, key.references)) return step(sql);
    return step(sql, { locks: [{ schema, table, mode: 'ShareRowExclusiveLock' }] });
  });
}

/** Those of single fields and those of several columns alike. */
function foreignKeys({ fields, foreignKeys: keys = [] }: CreateModel): readonly ForeignKey[] {
  const ofFields = fields.flatMap(({ name, references }) => {
    if (references === undefined) return [];
    const { column, ...target } = references;
    return [{ columns: [name], references: { ...target, columns: [column] } }];
  });
  return [...ofFields, ...keys];
}

function isSelf(org: Identifier, { table }: CreateModel, references: ForeignKey['references']): boolean {
  return references.schema === org && references.table === table;
}

function byReferencedTable({ references: a }: ForeignKey, { references: b }: ForeignKey): number {
  return compare(a.schema, b.schema) || compare(a.table, b.table);
}

/** By code unit, unlike localeCompare, whose order differs from one server's locale to another's. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
