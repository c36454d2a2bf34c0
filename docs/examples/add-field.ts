import type { ExamplesOf } from './example';

export const addFieldExamples: ExamplesOf<'addField'> = [
  { variant: 'nullable', change: { kind: 'addField', table: 'invoice', field: { name: 'memo', type: 'Text' } } },
  {
    variant: 'constant default',
    change: { kind: 'addField', table: 'invoice', field: { name: 'state', type: 'String', default: 'draft' } },
  },
  {
    variant: 'default now()',
    change: {
      kind: 'addField',
      table: 'invoice',
      field: { name: 'seen_at', type: 'DateTime', default: { fn: 'now' } },
    },
  },
  {
    variant: 'not nullable, constant default',
    change: {
      kind: 'addField',
      table: 'invoice',
      field: { name: 'tries', type: 'Int', nullable: false, default: 0 },
    },
  },
  {
    variant: 'not nullable, default now()',
    change: {
      kind: 'addField',
      table: 'invoice',
      field: { name: 'made_at', type: 'DateTime', nullable: false, default: { fn: 'now' } },
    },
  },
  {
    variant: 'volatile default',
    change: { kind: 'addField', table: 'invoice', field: { name: 'token', type: 'Uuid', default: { fn: 'uuid' } } },
  },
  {
    variant: 'not nullable, volatile default',
    change: {
      kind: 'addField',
      table: 'invoice',
      field: { name: 'token', type: 'Uuid', nullable: false, default: { fn: 'uuid' } },
    },
  },
  {
    variant: 'not nullable, no default',
    change: { kind: 'addField', table: 'setting', field: { name: 'memo', type: 'Text', nullable: false } },
  },
  {
    variant: 'unique',
    change: { kind: 'addField', table: 'invoice', field: { name: 'slug', type: 'String', unique: true } },
  },
  {
    variant: 'Enum',
    change: { kind: 'addField', table: 'invoice', field: { name: 'tone', type: 'Enum', values: ['warm', 'cold'] } },
  },
  {
    variant: 'array',
    change: {
      kind: 'addField',
      table: 'invoice',
      field: { name: 'labels', type: 'String', array: true, nullable: false, default: [] },
    },
  },
  {
    variant: 'array of an Enum',
    change: {
      kind: 'addField',
      table: 'invoice',
      field: { name: 'tones', type: 'Enum', values: ['warm', 'cold'], array: true },
    },
  },
  {
    variant: 'reference, nullable',
    change: {
      kind: 'addField',
      table: 'invoice',
      field: {
        name: 'payer_id',
        type: 'Int',
        references: { schema: 'acme-corp', table: 'customer', column: 'id', onDelete: 'SET NULL' },
      },
    },
  },
  {
    variant: 'reference, constant default',
    change: {
      kind: 'addField',
      table: 'invoice',
      field: {
        name: 'payer_id',
        type: 'Int',
        default: 1,
        references: { schema: 'acme-corp', table: 'customer', column: 'id', onDelete: 'SET NULL' },
      },
    },
  },
  {
    variant: 'reference to a shared table',
    change: {
      kind: 'addField',
      table: 'invoice',
      field: {
        name: 'currency',
        type: 'String',
        length: 3,
        references: { schema: 'public', table: 'currency', column: 'code', onDelete: 'RESTRICT' },
      },
    },
  },
  {
    variant: 'reference to itself',
    change: {
      kind: 'addField',
      table: 'invoice',
      field: {
        name: 'replaces',
        type: 'Int',
        references: { schema: 'acme-corp', table: 'invoice', column: 'id', onDelete: 'SET NULL' },
      },
    },
  },
  {
    variant: 'identity',
    change: { kind: 'addField', table: 'invoice', field: { name: 'place', type: 'Int', identity: true } },
  },
  {
    variant: 'comment',
    change: { kind: 'addField', table: 'invoice', field: { name: 'memo', type: 'Text', comment: 'Not printed' } },
  },
];
