import * as t from 'io-ts';
import { closed } from '../closed';
import { derivedName, type Identifier } from '../identifier';
import { keyFields, modelFaults, modelProps, type ForeignKey } from '../model-spec';
import { step, type Step } from '../plan';
import { addColumn, addIndex, commentOn, rendered } from '../render';
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
  ],
  // Models that are created together may refer to each other in any order, in circles too.
  lastSteps: (org, change) => foreignKeySteps(org, change),
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
  examples: [
    {
      variant: 'fields of their own',
      change: {
        kind: 'createModel',
        table: 'product',
        comment: 'What is sold',
        fields: [
          { name: 'id', type: 'Uuid', default: { fn: 'uuid' } },
          { name: 'name', type: 'String', nullable: false, comment: 'As it is printed' },
          { name: 'sku', type: 'String', length: 20, unique: true },
          { name: 'size', type: 'Enum', values: ['S', 'M', 'L'], default: 'M' },
        ],
        indexes: [{ columns: ['name'] }, { columns: ['name', 'size'], unique: true }],
      },
    },
    {
      variant: 'fields that refer to other tables',
      change: {
        kind: 'createModel',
        table: 'payment',
        fields: [
          { name: 'id', type: 'Int' },
          {
            name: 'invoice_id',
            type: 'Int',
            references: { schema: 'acme-corp', table: 'invoice', column: 'id', onDelete: 'CASCADE' },
          },
          {
            name: 'currency',
            type: 'String',
            length: 3,
            references: { schema: 'public', table: 'currency', column: 'code', onDelete: 'RESTRICT' },
          },
          {
            name: 'refund_of',
            type: 'Int',
            references: { schema: 'acme-corp', table: 'payment', column: 'id', onDelete: 'SET NULL' },
          },
        ],
      },
    },
    {
      variant: 'a foreign key of several columns',
      change: {
        kind: 'createModel',
        table: 'discount',
        fields: [
          { name: 'invoice_id', type: 'Int', primaryKey: true },
          { name: 'place', type: 'Int', primaryKey: true },
        ],
        foreignKeys: [
          {
            columns: ['invoice_id', 'place'],
            references: { schema: 'acme-corp', table: 'line', columns: ['invoice_id', 'place'], onDelete: 'CASCADE' },
          },
        ],
      },
    },
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
      for (const index of indexes) addIndex(builder, table, index);
    }),
  );
}

function commentStatements(org: Identifier, { table, fields, comment }: CreateModel): string[] {
  const onFields = fields.flatMap((field) =>
    field.comment === undefined ? [] : [commentOn(org, table, field.name, field.comment)],
  );
  return comment === undefined ? onFields : [commentOn(org, table, undefined, comment), ...onFields];
}

function foreignKeySteps(org: Identifier, change: CreateModel): Step[] {
  return foreignKeys(change).map((key) => {
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
