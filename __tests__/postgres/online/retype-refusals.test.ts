// A change of type whose field has what would not follow, or rows that do not convert, is refused before its first stage.
import type { Knex } from 'knex';
import { applyOnline, planOnline, type Change } from '../../../lib';
import { quiet, recordedLog } from '../../support/log';
import { ORG, prepare, recordsOf, retype, schemaOf, toBigInt, withInvoices } from '../../support/online';
import { migrationError } from '../../support/rejection';

const options = { logger: quiet };

it('rewrites and reads nothing under a lock that blocks others', () =>
  withInvoices(10, (db) => {
    for (const { transactional, steps } of planOnline(ORG, toBigInt('id')).stages) {
      if (transactional) expect(steps.filter((step) => step.scansTable || step.rewritesTable)).toEqual([]);
    }
    return db.raw('select').then();
  }));

const KEY = toBigInt('id');

const LEFT: readonly (readonly [string, string, RegExp, Change])[] = [
  ['a view', 'create view ??.v as select id from ??.invoice', /view "acme-corp".v/, KEY],
  ['a rule', 'create rule r as on update to ??.invoice do also select old.id', /rule r on table/, KEY],
  ['a policy', 'create policy p on ??.invoice using (id > 0)', /policy p on table/, KEY],
  [
    'a trigger on the column',
    `${function_()}; create trigger g after update of id on ??.invoice for each row execute function ??.f()`,
    /trigger g on table/,
    KEY,
  ],
  [
    'a trigger that runs after ours',
    `${function_()}; create trigger "é" before update on ??.invoice for each row execute function ??.f()`,
    /a trigger that runs after ours: "é"/,
    KEY,
  ],
  [
    'a generated column',
    'alter table ??.invoice add column twice int generated always as (id * 2) stored',
    /column twice of table/,
    KEY,
  ],
  ['extended statistics', 'create statistics ??.s on id, code from ??.invoice', /statistics object "acme-corp".s/, KEY],
  ['a publication', 'create publication all_of_it for table ??.invoice', /publication all_of_it/, KEY],
  [
    'a foreign key from a partitioned table',
    'create table ??.line (invoice_id int references ??.invoice) partition by list (invoice_id)',
    /constraint line_invoice_id_fkey on table/,
    KEY,
  ],
  [
    'a foreign key that the new type has no operator for',
    'create table ??.line (invoice_id int references ??.invoice)',
    /constraint line_invoice_id_fkey on table/,
    retype('id', { type: 'Int' }, { type: 'Decimal', precision: 12, scale: 0 }),
  ],
  [
    'a foreign key from another table that is not validated',
    'create table ??.line (invoice_id int); alter table ??.line add constraint k foreign key (invoice_id) references ??.invoice not valid',
    /constraint k on table/,
    KEY,
  ],
  ['a check', 'alter table ??.invoice add constraint positive check (id > 0)', /constraint positive on table/, KEY],
  ['an index on an expression', 'create index twice on ??.invoice ((id * 2))', /index "acme-corp".twice/, KEY],
  ['a partial index', 'create index few on ??.invoice (code) where id < 10', /index "acme-corp".few/, KEY],
  ['an index of another kind', 'create index b on ??.invoice using brin (id)', /index "acme-corp".b/, KEY],
  [
    'an index that is the replica identity',
    'create unique index u on ??.invoice (id); alter table ??.invoice replica identity using index u',
    /index "acme-corp".u/,
    KEY,
  ],
  [
    'a foreign key that is not validated',
    'alter table ??.invoice add constraint k foreign key (id) references ??.customer not valid',
    /constraint k on table/,
    KEY,
  ],
  [
    'forced row level security',
    'alter table ??.invoice force row level security',
    /row level security, which is forced/,
    KEY,
  ],
  [
    'a collation',
    'alter table ??.invoice alter code type varchar(100) collate "C"',
    /its collation/,
    retype('code', { type: 'String' }, { type: 'Int' }),
  ],
];

function function_(): string {
  return 'create function ??.f() returns trigger language plpgsql as $$ begin return new; end $$';
}

it.each(LEFT)('refuses %s before the first stage, and leaves nothing', (_what, sql, words, change) =>
  withInvoices(10, async (db) => {
    await prepare(db, ORG, [sql]);
    const before = await schemaOf(db, ORG);
    const error = await migrationError(applyOnline(ORG, change, db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', org: ORG, table: 'invoice' });
    expect(error.message).toMatch(words);
    expect(error.message).toMatch(/Nothing was changed/);
    expect(error.dependents).toEqual([expect.stringMatching(words)]);
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
  }),
);

it('names nothing of another schema in its message', () =>
  withInvoices(10, async (db) => {
    await db.raw(`create schema other; create view other.secret_view as select id from "acme-corp".invoice;
      create table other.secret_table (id int constraint secret_key references "acme-corp".invoice)`);
    const error = await migrationError(applyOnline(ORG, toBigInt('id'), db, options));
    expect(error.message).toMatch(/2 outside schema "acme-corp" \(see error.dependents\)/);
    expect(error.message).not.toMatch(/secret/);
    expect(error.dependents).toEqual(['constraint secret_key on table other.secret_table', 'view other.secret_view']);
  }));

/** Makes the type of the key until its columns would change places. */
async function stopBeforeSwap(db: Knex): Promise<void> {
  const stop = new AbortController();
  const onProgress = ({ stage }: { stage: string }): void => {
    if (stage === 'swap') stop.abort();
  };
  await migrationError(applyOnline(ORG, toBigInt('id'), db, { ...options, onProgress, signal: stop.signal }));
}

it('takes all back where a view comes in before the swap', () =>
  withInvoices(10, async (db) => {
    const before = await schemaOf(db, ORG);
    await stopBeforeSwap(db);
    await prepare(db, ORG, ['create view ??.v as select id from ??.invoice']);
    expect(await migrationError(applyOnline(ORG, toBigInt('id'), db, options))).toMatchObject({
      code: 'DEPENDENT_OBJECTS',
    });
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
  }));

it('takes all back where a foreign key of the field comes in before the swap, which would drop it', () =>
  withInvoices(10, async (db) => {
    const before = await schemaOf(db, ORG);
    await stopBeforeSwap(db);
    await prepare(db, ORG, ['alter table ??.invoice add constraint late foreign key (id) references ??.customer']);
    expect(await migrationError(applyOnline(ORG, toBigInt('id'), db, options))).toMatchObject({
      code: 'DEPENDENT_OBJECTS',
      dependents: ['constraint late on table "acme-corp".invoice'],
    });
    await prepare(db, ORG, ['alter table ??.invoice drop constraint late']);
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
  }));

const VALUES: readonly (readonly [string, string, Change, object])[] = [
  [
    'that do not convert',
    `update ??.invoice set code = '12 secret' where id < 4`,
    retype('code', { type: 'String' }, { type: 'Int' }),
    { code: 'CONVERSION_FAILED' },
  ],
  [
    'that would lose something',
    `update ??.invoice set code = id; update ??.invoice set code = '0012' where id < 4`,
    retype('code', { type: 'String' }, { type: 'Int' }),
    { code: 'HAZARD_REFUSED' },
  ],
  [
    'that are too long',
    `update ??.invoice set code = 'secret' where id < 4`,
    retype('code', { type: 'String' }, { length: 5 }),
    { code: 'CONVERSION_FAILED' },
  ],
];

it.each(VALUES)('counts values %s before the first stage, and leaves nothing', (_what, sql, change, expected) =>
  withInvoices(10, async (db) => {
    await prepare(db, ORG, [`update ??.invoice set code = id`, ...sql.split('; ')]);
    const before = await schemaOf(db, ORG);
    const { logger, text } = recordedLog('debug');
    const error = await migrationError(applyOnline(ORG, change, db, { logger }));
    expect(error).toMatchObject({ ...expected, org: ORG, table: 'invoice', column: 'code' });
    expect(error.message).toMatch(/ 3 in the way: code\.$/);
    expect(error.message + text()).not.toMatch(/secret|0012/);
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
  }),
);

it('refuses a default that does not fit, before anything is filled', () =>
  withInvoices(10, async (db) => {
    await prepare(db, ORG, [`update ??.invoice set code = id`, `alter table ??.invoice alter code set default '7'`]);
    const before = await schemaOf(db, ORG);
    const change = retype('code', { type: 'String' }, { type: 'Int' });
    expect(await migrationError(applyOnline(ORG, change, db, options))).toMatchObject({ code: 'INVALID_SPEC' });
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
  }));

const REFUSED: readonly (readonly [string, Change, RegExp])[] = [
  [
    'without the current type',
    { kind: 'alterField', table: 'invoice', column: 'id', set: { type: 'BigInt' } },
    /from: \{ type/,
  ],
  [
    'that depends on settings',
    retype('code', { type: 'Date' }, { type: 'DateTime' }),
    /depends on the settings of the session/,
  ],
  [
    'that depends on settings, of a text',
    retype('code', { type: 'Float' }, { type: 'Text' }),
    /depends on the settings of the session/,
  ],
  ['that does not exist', retype('code', { type: 'Int' }, { type: 'Uuid' }), /no conversion from Int to Uuid/],
  ['with NOT NULL', retype('code', { type: 'Int' }, { type: 'BigInt', nullable: false }), /make them one by one/],
  [
    'with NULL for what does not convert',
    { ...retype('code', { type: 'Text' }, { type: 'Int' }), unconvertible: 'null' } as Change,
    /cannot be set to null/,
  ],
];

it.each(REFUSED)('refuses by name, before anything is sent, a type %s', (_what, change, words) => {
  expect(() => planOnline(ORG, change)).toThrow(words);
});
