import type { ExamplesOf } from './example';

export const alterFieldExamples: ExamplesOf<'alterField'> = [
  {
    variant: 'a longer String',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'title',
      set: { length: 200 },
      from: { type: 'String', length: 40 },
    },
  },
  {
    variant: 'a shorter String',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'title',
      set: { length: 20 },
      from: { type: 'String', length: 40 },
    },
  },
  {
    variant: 'String to Text',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'title',
      set: { type: 'Text' },
      from: { type: 'String', length: 40 },
    },
  },
  {
    variant: 'Text to String',
    change: { kind: 'alterField', table: 'invoice', column: 'note', set: { type: 'String' }, from: { type: 'Text' } },
  },
  {
    variant: 'Int to BigInt',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'quantity',
      set: { type: 'BigInt' },
      from: { type: 'Int' },
    },
  },
  {
    variant: 'the type of a field that refers to another table',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'customer_id',
      set: { type: 'BigInt' },
      from: { type: 'Int' },
      referencing: [{ schema: 'acme-corp', table: 'customer' }],
    },
  },
  {
    variant: 'Decimal of more digits',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'amount',
      set: { precision: 14, scale: 2 },
      from: { type: 'Decimal', precision: 12, scale: 2 },
    },
  },
  {
    variant: 'Decimal of another scale',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'amount',
      set: { precision: 12, scale: 4 },
      from: { type: 'Decimal', precision: 12, scale: 2 },
    },
  },
  {
    variant: 'Text to Enum',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'note',
      set: { type: 'Enum', values: ['note', 'remark'] },
      from: { type: 'Text' },
    },
  },
  {
    variant: 'Enum to Text',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'status',
      set: { type: 'Text' },
      from: { type: 'Enum', values: ['draft', 'sent'] },
    },
  },
  {
    variant: 'a value to an array of it',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'note',
      set: { type: 'Text', array: true },
      from: { type: 'Text' },
    },
  },
  {
    variant: 'an array to its only element',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'tags',
      set: { type: 'Text' },
      from: { type: 'Text', array: true },
    },
  },
  {
    variant: 'other elements of an array',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'marks',
      set: { type: 'Int', array: true },
      from: { type: 'Decimal', precision: 5, scale: 2, array: true },
    },
  },
  {
    variant: 'from a type that is not named',
    change: { kind: 'alterField', table: 'invoice', column: 'quantity', set: { type: 'Float' } },
  },
  {
    variant: 'not nullable',
    change: { kind: 'alterField', table: 'invoice', column: 'title', set: { nullable: false } },
  },
  {
    variant: 'nullable',
    change: { kind: 'alterField', table: 'invoice', column: 'issued_at', set: { nullable: true } },
  },
  {
    variant: 'default',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'title',
      set: { default: 'untitled' },
      from: { type: 'String', length: 40 },
    },
  },
  {
    variant: 'volatile default',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'public_id',
      set: { default: { fn: 'uuid' } },
      from: { type: 'Uuid' },
    },
  },
  {
    variant: 'no default',
    change: { kind: 'alterField', table: 'invoice', column: 'quantity', set: { default: null } },
  },
  {
    variant: 'type and default',
    change: {
      kind: 'alterField',
      table: 'invoice',
      column: 'quantity',
      set: { type: 'Text', default: 'one' },
      from: { type: 'Int' },
    },
  },
  { variant: 'unique', change: { kind: 'alterField', table: 'invoice', column: 'quantity', set: { unique: true } } },
  {
    variant: 'no longer unique',
    change: { kind: 'alterField', table: 'invoice', column: 'code', set: { unique: false } },
  },
  {
    variant: 'other values of an Enum',
    change: { kind: 'alterField', table: 'invoice', column: 'status', set: { values: ['draft', 'sent', 'paid'] } },
  },
  {
    variant: 'comment',
    change: { kind: 'alterField', table: 'invoice', column: 'title', set: { comment: 'As it is printed' } },
  },
];
