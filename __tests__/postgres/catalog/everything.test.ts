// A schema with one of everything that PostgreSQL has: each object is in a model or in the extras, and none twice.
import { createModels, inspectTenant, type Extra, type ModelSpec, type TenantInspection } from '../../../lib';
import { needSuperuser } from '../../support/rights';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest();

let version: number;

beforeEach(async () => {
  version = Number((await db.raw('show server_version_num')).rows[0].server_version_num);
});

async function run(sql: string): Promise<void> {
  await db.raw(sql.replaceAll('$org', `"${org}"`));
}

const models = (): ModelSpec[] => [
  { table: 'customer', fields: [{ name: 'id', type: 'Int' }] },
  {
    table: 'invoice',
    comment: 'What is owed',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'code', type: 'String', length: 20, unique: true, nullable: false },
      { name: 'status', type: 'Enum', values: ['draft', 'sent'], default: 'draft' },
      {
        name: 'customer_id',
        type: 'Int',
        references: { schema: org, table: 'customer', column: 'id', onDelete: 'CASCADE' },
      },
    ],
    indexes: [{ columns: ['status', 'code'] }, { columns: ['customer_id', 'status'], unique: true, name: 'once' }],
  },
];

/** Made by hand, with what each has to be called. `?` in front: the object is in a model too. */
const BY_HAND: readonly (readonly [sql: string, extras: readonly string[], since?: number])[] = [
  ['create view $org.v as select 1 as a', ['view v']],
  ['create materialized view $org.mv as select id from $org.customer', ['materialized view mv']],
  ['create index mv_id on $org.mv (id)', ['index mv.mv_id']],
  ['create sequence $org.seq', ['sequence seq']],
  ["create type $org.mood as enum ('a')", ['type mood']],
  ['create type $org.comp as (a int)', ['type comp']],
  ['create type $org.ran as range (subtype = int4, multirange_type_name = mran)', ['type ran']],
  ['create domain $org.dom as int constraint positive check (value > 0)', ['type dom', 'domain constraint positive']],
  ["create function $org.f(int, text) returns int language sql as 'select 1'", ['function f(integer, text)']],
  ["create function $org.f(int) returns int language sql as 'select 1'", ['function f(integer)']],
  ["create procedure $org.p(int) language sql as 'select 1'", ['procedure p(integer)']],
  ['create aggregate $org.cnt(*) (sfunc = int8inc, stype = int8, initcond = 0)', ['aggregate cnt()']],
  ["create function $org.add(int, int) returns int language sql as 'select 1'", ['function add(integer, integer)']],
  [
    'create operator $org.<+> (leftarg = int, rightarg = int, function = $org.add)',
    ['operator <+> (integer, integer)'],
  ],
  ['create operator family $org.fam using btree', ['operator family fam using btree']],
  [
    `create operator class $org.own for type int using hash as operator 1 =, function 1 hashint4(int)`,
    ['operator class own using hash', 'operator family own using hash'],
  ],
  ['create text search dictionary $org.dict (template = simple)', ['text search dictionary dict']],
  ['create text search configuration $org.conf (copy = simple)', ['text search configuration conf']],
  [
    'create text search parser $org.par (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)',
    ['text search parser par'],
  ],
  ['create text search template $org.tem (lexize = dsimple_lexize)', ['text search template tem']],
  ['create collation $org.coll from "C"', ['collation coll']],
  ["create conversion $org.conv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8", ['conversion conv']],
  ['create statistics $org.st on code, status from $org.invoice', ['statistics object st']],
  [
    'create foreign data wrapper $orgw; create server $orgs foreign data wrapper $orgw; create foreign table $org.ft (a int check (a > 0)) server $orgs',
    ['foreign table ft', 'check ft.ft_a_check'],
  ],
  ['alter default privileges in schema $org grant select on tables to public', ['default acl *']],
  [
    "create function $org.tr() returns trigger language plpgsql as 'begin return new; end'; create trigger t_on before insert on $org.invoice for each row execute function $org.tr()",
    ['function tr()', 'trigger invoice.t_on'],
  ],
  [
    'create constraint trigger t_con after insert on $org.invoice for each row execute function $org.tr(); alter table $org.invoice disable trigger t_con',
    ['trigger invoice.t_con: disabled'],
  ],
  ['create policy pol on $org.invoice using (true)', ['policy invoice.pol']],
  [
    'alter table $org.invoice enable row level security, force row level security',
    ['table invoice.invoice: row level security', 'table invoice.invoice: forced row level security'],
  ],
  ['create rule ru as on insert to $org.invoice do also nothing', ['rule invoice.ru']],
  ['alter table $org.invoice add column place point', ['column invoice.place: type point']],
  ['alter table $org.invoice add column mood $org.mood', ['column invoice.mood: type "mood"']],
  [
    'alter table $org.invoice add column twice int generated always as (id * 2) stored',
    ['column invoice.twice: generated, type integer'],
  ],
  [
    'alter table $org.invoice add column no int generated always as identity',
    ['? identity invoice.no: always', 'sequence invoice_no_seq: of invoice.no'],
  ],
  [
    'alter table $org.invoice add column nr serial',
    ['default invoice.nr: nextval of invoice_nr_seq', 'sequence invoice_nr_seq: of invoice.nr'],
  ],
  ['alter table $org.invoice add column amount numeric default 1 + 1', ['default invoice.amount: (1 + 1)']],
  ['alter table $org.invoice add constraint more check (id > 0)', ['check invoice.more: (id > 0)']],
  [
    'alter table $org.invoice add constraint late check (id < 9) not valid',
    ['check invoice.late: not validated, (id < 9)'],
  ],
  [
    'create index on_expression on $org.invoice (upper(code))',
    ['index invoice.on_expression: on an expression, upper((code)::text)'],
  ],
  ['create index partial on $org.invoice (code) where id > 1', ['index invoice.partial: partial, (id > 1)']],
  [
    'create index partly on $org.invoice (code) where id = 1 or code is null',
    ['index invoice.partly: partial, ((id = 1) OR (code IS NULL))'],
  ],
  ['create index by_spgist on $org.invoice using spgist (code)', ['index invoice.by_spgist: by spgist']],
  ['create index collated on $org.invoice (code collate "C")', ['index invoice.collated: collation C']],
  [
    'alter table $org.invoice add constraint late_unique unique (code, id) deferrable',
    ['unique constraint invoice.late_unique: deferrable'],
  ],
  [
    'alter table $org.invoice add constraint no_overlap exclude using gist (int4range(id, id) with &&)',
    ['exclusion constraint invoice.no_overlap: on an expression, int4range(id, id), exclusion'],
  ],
  [
    'alter table $org.invoice add constraint fk2 foreign key (id) references $org.customer on update set default',
    ['foreign key invoice.fk2: on update set default'],
  ],
  [
    'alter table $org.invoice add constraint fk3 foreign key (nr) references $org.customer on delete restrict not valid',
    ['? foreign key invoice.fk3: not validated'],
  ],
  ['create unlogged table $org.quick (a int)', ['? table quick.quick: unlogged']],
  ['create table $org.kid () inherits ($org.customer)', ['parent kid.customer', '? column kid.id: inherited']],
  [
    'create table $org.parts (id int primary key, note text) partition by list (id); create table $org.part_1 partition of $org.parts for values in (1)',
    [
      '? table parts.parts: partitioned',
      '? primary key parts.parts_pkey: partitioned',
      'partition part_1',
      'primary key part_1.part_1_pkey: inherited',
      'parent part_1.parts',
    ],
  ],
  [
    'create table $org."two words" (a int)',
    ['table two words: must be letters, digits, "_", "-" and "$", and begin with a letter, a digit or "_"'],
  ],
];

function shown({ kind, table, name, detail }: Extra): string {
  return `${kind} ${table === undefined ? '' : `${table}.`}${name}${detail === undefined ? '' : `: ${detail}`}`;
}

async function made(): Promise<{ expected: string[]; inspection: TenantInspection }> {
  const expected: string[] = [];
  for (const [sql, extras, since] of BY_HAND) {
    if (since !== undefined && version < since * 10_000) continue;
    await run(sql.replaceAll('$orgw', `"${org}-w"`).replaceAll('$orgs', `"${org}-s"`));
    expected.push(...extras);
  }
  return { expected, inspection: await inspectTenant(org, db) };
}

beforeEach(async () => {
  await createModels(org, models(), db, options);
});

afterEach(async () => {
  if (process.env.TEST_SUPERUSER !== 'false')
    await db.raw('drop foreign data wrapper if exists ?? cascade', [`${org}-w`]);
});

it('names each by its kind and its name', async () => {
  needSuperuser('create an operator class');
  const { expected, inspection } = await made();
  const extras = inspection.extras.map(shown).map((text) => text.replace(/^default acl .*/, 'default acl *'));
  expect(extras.sort()).toEqual(expected.map((text) => text.replace(/^\? /, '')).sort());
  expect(inspection.models.map(({ table }) => table)).toEqual(['customer', 'invoice', 'kid', 'parts', 'quick']);
});

it('reports as many objects as the catalogs have', async () => {
  needSuperuser('create an operator class');
  const { expected, inspection } = await made();
  const inModelsToo = expected.filter((text) => text.startsWith('? ')).length;
  // What is unusual about a table is no object of its own.
  const noObjects = inspection.extras.filter(
    ({ kind, detail }) => kind === 'table' && /row level/.test(detail ?? ''),
  ).length;
  const reported = inspection.extras.length - inModelsToo - noObjects + objectsOf(inspection.models);
  expect(reported).toBe(await objectsInCatalogs());
});

/** What a list of models stands for in the catalogs. */
function objectsOf(specs: readonly ModelSpec[]): number {
  return specs
    .map(({ fields, indexes = [], foreignKeys = [] }) => {
      const keys = fields.filter(
        ({ name, primaryKey }) => primaryKey === true || (name === 'id' && primaryKey !== false),
      );
      const of = (test: (field: (typeof fields)[number]) => unknown): number => fields.filter(test).length;
      // Each key and each unique constraint is a constraint and an index, which is reported as one.
      const constraints =
        Number(keys.length > 0) +
        of(({ unique }) => unique) +
        of(({ values }) => values) +
        of(({ references }) => references);
      return (
        1 +
        fields.length +
        of(({ default: given }) => given !== undefined) +
        constraints +
        indexes.length +
        foreignKeys.length
      );
    })
    .reduce((sum, count) => sum + count, 0);
}

/** Counted catalog by catalog, without what is a part of another: rows' types, arrays, keys' indexes, NOT NULLs. */
async function objectsInCatalogs(): Promise<number> {
  const { rows } = await db.raw(
    `with home as (select oid from pg_namespace where nspname = :org),
      tables as (select c.* from pg_class c join home on c.relnamespace = home.oid)
    select
      (select count(*) from tables where relkind in ('r', 'p', 'v', 'm', 'S', 'f'))
      + (select count(*) from tables c join pg_index i on i.indexrelid = c.oid
          where not exists (select from pg_constraint k where k.conindid = c.oid and k.contype in ('p', 'u', 'x')))
      + (select count(*) from pg_attribute a join tables c on c.oid = a.attrelid
          where c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'two words' and a.attnum > 0 and not a.attisdropped)
      + (select count(*) from pg_attrdef d join tables c on c.oid = d.adrelid join pg_attribute a on a.attrelid = c.oid and a.attnum = d.adnum
          where a.attgenerated = '' and c.relkind in ('r', 'p'))
      + (select count(*) from pg_constraint k join home on k.connamespace = home.oid where k.contype not in ('n', 't'))
      + (select count(*) from pg_trigger t join tables c on c.oid = t.tgrelid where not t.tgisinternal)
      + (select count(*) from pg_policy p join tables c on c.oid = p.polrelid)
      + (select count(*) from pg_rewrite r join tables c on c.oid = r.ev_class where r.rulename <> '_RETURN')
      + (select count(*) from pg_inherits i join tables c on c.oid = i.inhrelid where c.relkind in ('r', 'p'))
      + (select count(*) from pg_type t join home on t.typnamespace = home.oid
          where t.typelem = 0 and t.typtype <> 'm' and (t.typrelid = 0 or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c')))
      + (select count(*) from pg_proc p join home on p.pronamespace = home.oid
          where not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i'))
      + (select count(*) from pg_operator join home on oprnamespace = home.oid)
      + (select count(*) from pg_opclass join home on opcnamespace = home.oid)
      + (select count(*) from pg_opfamily join home on opfnamespace = home.oid)
      + (select count(*) from pg_collation join home on collnamespace = home.oid)
      + (select count(*) from pg_conversion c join home on c.connamespace = home.oid)
      + (select count(*) from pg_statistic_ext join home on stxnamespace = home.oid)
      + (select count(*) from pg_ts_config join home on cfgnamespace = home.oid)
      + (select count(*) from pg_ts_dict join home on dictnamespace = home.oid)
      + (select count(*) from pg_ts_parser join home on prsnamespace = home.oid)
      + (select count(*) from pg_ts_template join home on tmplnamespace = home.oid)
      + (select count(*) from pg_default_acl join home on defaclnamespace = home.oid) as count`,
    { org },
  );
  return Number(rows[0].count);
}
