// Another type for a field of a table in use: what belongs to the field follows, at every stage and back.
import type { Knex } from 'knex';
import { abandonOnline, applyChange, applyOnline, planOnline, type Change } from '../../../lib';
import { quiet } from '../../support/log';
import {
  ORG,
  createInvoices,
  prepare,
  recordsOf,
  retype,
  schemaOf,
  toBigInt,
  withInvoices,
} from '../../support/online';
import { migrationError } from '../../support/rejection';

const options = { logger: quiet };
const plainly = { ...options, hazards: 'allow' } as const;

/** What a field can have: for `??`, the org. */
const IDENTITY = [
  `alter table ??.invoice alter id add generated always as identity (start with 5 increment by 3 cache 2 cycle)`,
  `select setval(pg_get_serial_sequence('"??"."invoice"', 'id'), 7000)`,
  `comment on column ??.invoice.id is 'the key'`,
  `alter table ??.invoice alter id set statistics 250, alter id set (n_distinct = -0.9)`,
  `grant select (id), update (id) on ??.invoice to pg_monitor with grant option`,
  `grant select (id) on ??.invoice to public`,
  `grant usage on sequence ??.invoice_id_seq to pg_monitor`,
  `comment on sequence ??.invoice_id_seq is 'numbers'`,
  `create index "Odd name" on ??.invoice (status desc, id nulls first) include (code) with (fillfactor = 70) where status is not null`,
  `create index over on ??.invoice (lower(status), id)`,
  `create unique index once on ??.invoice (id, customer_id)`,
  `comment on index ??."Odd name" is 'i'`,
  `alter table ??.invoice add constraint pair unique (customer_id, id) deferrable initially deferred`,
  `comment on constraint pair on ??.invoice is 'p'`,
];
const SERIAL = [
  `create sequence ??.numbers as integer owned by ??.invoice.id`,
  `alter table ??.invoice alter id set default nextval('??.numbers')`,
];
const REFERENCE = [
  `alter table ??.customer add constraint twice unique (id)`,
  `alter table ??.invoice add constraint owner foreign key (customer_id) references ??.customer (id) match full on update cascade on delete set null deferrable initially deferred`,
  `comment on constraint owner on ??.invoice is 'o'`,
  `alter table ??.invoice alter customer_id set default 3`,
  `create index by_customer on ??.invoice using hash (customer_id)`,
];

/** Keys of other tables and of the same one, of one column and of several. */
const REFERRED = [
  `alter table ??.invoice add constraint both_of_them unique (id, customer_id)`,
  `create table ??.line (id int primary key, invoice_id int constraint "Of invoice" references ??.invoice on update cascade on delete cascade deferrable initially deferred)`,
  `comment on constraint "Of invoice" on ??.line is 'l'`,
  `create table ??.payment (invoice int not null references ??.invoice (id), customer int, foreign key (invoice, customer) references ??.invoice (id, customer_id) match full)`,
  `alter table ??.invoice add parent int references ??.invoice (id) on delete set null`,
  `insert into ??.line select g, 1 + g % 7 from generate_series(1, 20) g`,
  `insert into ??.payment select id, customer_id from ??.invoice where id < 9`,
  `update ??.invoice set parent = 1 where id > 20`,
];

const CASES: readonly (readonly [string, readonly string[], Change])[] = [
  ['a key with an identity, and what belongs to it', IDENTITY, toBigInt('id')],
  ['a key with a serial', SERIAL, toBigInt('id')],
  ['a key that others refer to', REFERRED, toBigInt('id')],
  ['a field that refers', REFERENCE, toBigInt('customer_id')],
  [
    'a new default and comment, and no NOT NULL',
    [`alter table ??.invoice alter customer_id set not null, alter customer_id set default 1`],
    toBigInt('customer_id', { default: '5', comment: 'c', nullable: true }),
  ],
  [
    'a default that goes',
    [`alter table ??.invoice alter customer_id set default 1`],
    toBigInt('customer_id', { default: null }),
  ],
  [
    'a shorter text',
    [`alter table ??.invoice alter code set default 'x'`],
    retype('code', { type: 'String' }, { length: 10 }),
  ],
  [
    'an Enum that becomes a number',
    [
      `update ??.invoice set code = substr(code, 2)`,
      `alter table ??.invoice alter code type text, add check (code in (${Array.from({ length: 30 }, (_, n) => `'${n + 1}'`).join(', ')}))`,
    ],
    retype('code', { type: 'Enum', values: Array.from({ length: 30 }, (_, n) => String(n + 1)) }, { type: 'Int' }),
  ],
  ['a number that becomes a text', [], retype('customer_id', { type: 'Int' }, { type: 'Text' })],
  [
    'a number that becomes a decimal',
    [],
    retype('customer_id', { type: 'Int' }, { type: 'Decimal', precision: 12, scale: 2 }),
  ],
];

/** Beside the schema: what a definition does not show. */
async function detailsOf(db: Knex, org: string): Promise<unknown> {
  const { rows } = await db.raw(
    `select attname, attstattarget, attoptions::text, (select string_agg(g::text, ' ' order by g::text) from unnest(attacl) g) as acl, attidentity, attstorage,
       (select jsonb_agg(to_jsonb(q) - 'seqrelid' || jsonb_build_object('name', s.relname, 'acl', s.relacl::text, 'note', obj_description(s.oid)))
          from pg_depend d join pg_class s on s.oid = d.objid join pg_sequence q on q.seqrelid = s.oid where d.refobjid = attrelid and d.refobjsubid = attnum) as sequences,
       (select jsonb_agg(jsonb_build_array(k.conname, obj_description(k.oid, 'pg_constraint'), k.condeferrable, k.condeferred) order by conname) from pg_constraint k where k.conrelid = attrelid) as notes,
       (select jsonb_agg(jsonb_build_array(i.relname, obj_description(i.oid)) order by relname) from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = attrelid) as index_notes
     from pg_attribute where attrelid = format('%I.invoice', ?::text)::regclass and attnum > 0 and not attisdropped order by attname`,
    [org],
  );
  return rows;
}

async function contents(db: Knex, org: string): Promise<unknown> {
  return (
    await db.raw(
      `select md5(string_agg(concat_ws(',', id, code, status, customer_id), ';' order by id)) as sum from ??.invoice`,
      [org],
    )
  ).rows;
}

describe.each(CASES)('%s', (_what, setup, change) => {
  it('is at the end what the plain change makes, down to the names', () =>
    withInvoices(30, async (db) => {
      await prepare(db, ORG, setup);
      const result = await applyOnline(ORG, change, db, options);
      expect(result.stages.map(({ name }) => name)).toEqual(planOnline(ORG, change).stages.map(({ name }) => name));
      await createInvoices(db, 'plain', 30);
      await prepare(db, 'plain', setup);
      await applyChange('plain', change, db, plainly);
      expect(await schemaOf(db, ORG)).toEqual(await schemaOf(db, 'plain'));
      expect(await detailsOf(db, ORG)).toEqual(await detailsOf(db, 'plain'));
      expect(await contents(db, ORG)).toEqual(await contents(db, 'plain'));
      expect(await recordsOf(db)).toEqual([]);
    }));

  const points = planOnline(ORG, change)
    .stages.map(({ name }, at) => [at, name] as const)
    .slice(1);

  it('goes on after a stop before each stage, and can be taken back there', () =>
    withInvoices(30, async (db) => {
      await prepare(db, ORG, setup);
      const before = [await schemaOf(db, ORG), await detailsOf(db, ORG)];
      for (const [at, name] of points) {
        const stop = new AbortController();
        const onProgress = ({ stage }: { stage: string }): void => {
          if (stage === name) stop.abort();
        };
        const error = await migrationError(
          applyOnline(ORG, change, db, { ...options, onProgress, signal: stop.signal }),
        );
        expect(error).toMatchObject({ code: 'ABORTED' });
        expect(await recordsOf(db)).toEqual([{ table: 'invoice', stage: at }]);
        await abandonOnline(ORG, 'invoice', db, options);
        expect([name, await schemaOf(db, ORG), await detailsOf(db, ORG)]).toEqual([name, ...before]);
      }
      for (const [, name] of points) {
        const stop = new AbortController();
        const onProgress = ({ stage }: { stage: string }): void => {
          if (stage === name) stop.abort();
        };
        await migrationError(applyOnline(ORG, change, db, { ...options, onProgress, signal: stop.signal }));
      }
      expect(await applyOnline(ORG, change, db, options)).toMatchObject({ resumed: true });
      await createInvoices(db, 'plain', 30);
      await prepare(db, 'plain', setup);
      await applyChange('plain', change, db, plainly);
      expect(await schemaOf(db, ORG)).toEqual(await schemaOf(db, 'plain'));
      expect(await detailsOf(db, ORG)).toEqual(await detailsOf(db, 'plain'));
    }));
});
