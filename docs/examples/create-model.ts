import type { ExamplesOf } from './example';

export const createModelExamples: ExamplesOf<'createModel'> = [
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
        { name: 'labels', type: 'Json' },
      ],
      indexes: [
        { columns: ['name'] },
        { columns: ['name', 'size'], unique: true },
        { columns: ['labels'], method: 'gin' },
      ],
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
];
