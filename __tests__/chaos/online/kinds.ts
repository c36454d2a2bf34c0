// Each kind of online change, on the table of __tests__/support/online.ts.
import type { Change, FieldSpec } from '../../../lib';
import { retype, toBigInt } from '../../support/invoices';

/** A change, with what is there before it. */
export interface Kind {
  readonly name: string;
  /** Statements in which `??` is the org, and then changes. */
  readonly setup?: readonly string[];
  readonly before?: readonly Change[];
  readonly change: Change;
}

const field = (spec: FieldSpec): Change => ({ kind: 'addField', table: 'invoice', field: spec });
const alter = (column: string, set: object): Change => ({ kind: 'alterField', table: 'invoice', column, set });
const byStatus: Change = { kind: 'addIndex', table: 'invoice', columns: ['status'], name: 'by_status' };
const kind: Change = field({ name: 'kind', type: 'Enum', values: ['a', 'b'], default: 'a' });

export const KINDS: readonly Kind[] = [
  { name: 'index', change: byStatus },
  { name: 'drop of an index', before: [byStatus], change: { kind: 'dropIndex', table: 'invoice', name: 'by_status' } },
  {
    name: 'reference',
    change: {
      kind: 'addReference',
      table: 'invoice',
      columns: ['customer_id'],
      references: { table: 'customer', columns: ['id'], onDelete: 'CASCADE' },
    },
  },
  { name: 'NOT NULL', change: alter('status', { nullable: false, default: 'draft' }) },
  { name: 'unique', change: alter('code', { unique: true, nullable: false, comment: 'c' }) },
  { name: 'values of an Enum', before: [kind], change: alter('kind', { values: ['a', 'b', 'c'] }) },
  {
    name: 'default of its own',
    change: field({ name: 'public_id', type: 'Uuid', default: { fn: 'uuid' }, unique: true, nullable: false }),
  },
  {
    name: 'type of a key',
    setup: [
      'alter table ??.invoice alter id add generated always as identity (start with 100000)',
      'create index over on ??.invoice (status, id desc)',
    ],
    change: toBigInt('id'),
  },
  {
    name: 'type of a key that is referred to',
    setup: [
      'create table ??.line (invoice_id int references ??.invoice on delete cascade)',
      'create table ??.payment (invoice_id int not null references ??.invoice deferrable)',
      'insert into ??.line select 1 + g % 400 from generate_series(1, 1000) g',
    ],
    change: toBigInt('id'),
  },
  {
    name: 'type of a field that refers',
    setup: [
      'alter table ??.invoice add constraint owner foreign key (customer_id) references ??.customer (id) on delete cascade',
      'create index by_customer on ??.invoice (customer_id)',
    ],
    change: toBigInt('customer_id', { default: '3' }),
  },
  {
    name: 'type of a text',
    setup: ['update ??.invoice set code = id'],
    change: retype('code', { type: 'String' }, { type: 'Decimal', precision: 12, scale: 2 }),
  },
];
