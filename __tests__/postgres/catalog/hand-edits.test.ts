// What somebody changes by hand is found and named, each as one difference or as the two that it is; and the changes
// that are offered undo it, where there are some.
import {
  applyChanges,
  changesFor,
  createModels,
  createTenant,
  diffModels,
  formatDifference,
  inspectTenant,
  type Difference,
  type ModelSpec,
} from '../../../lib';
import { quiet } from '../../support/log';
import { connect, freshOrg } from '../../support/postgres';
import { needSuperuser } from '../../support/rights';

const options = { logger: quiet, hazards: { dataLoss: 'allow' } } as const;
const db = connect();

let org: string;
let version: number;

beforeAll(async () => {
  version = Math.floor(Number((await db.raw('show server_version_num')).rows[0].server_version_num) / 10_000);
});

const models = (): ModelSpec[] => [
  {
    table: 'customer',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'email', type: 'String', unique: true },
    ],
  },
  { table: 'region', fields: [{ name: 'code', type: 'String', length: 2, primaryKey: true }] },
  {
    table: 'invoice',
    comment: 'What is owed',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'code', type: 'String', length: 20, nullable: false, unique: true },
      { name: 'note', type: 'Text', comment: 'For the customer' },
      { name: 'amount', type: 'Decimal', precision: 12, scale: 2, default: 0 },
      { name: 'status', type: 'Enum', values: ['draft', 'sent'], default: 'draft' },
      { name: 'due', type: 'Date' },
      { name: 'made_at', type: 'DateTime', default: { fn: 'now' } },
      {
        name: 'customer_id',
        type: 'Int',
        references: { schema: org, table: 'customer', column: 'id', onDelete: 'CASCADE' },
      },
    ],
    indexes: [
      { columns: ['status', 'code'] },
      { columns: ['due'], name: 'by_due' },
      { columns: ['code', 'due'], unique: true },
    ],
  },
];

interface Edit {
  readonly sql: string;
  /** In words. */
  readonly found: readonly string[];
  /** From which version of PostgreSQL on. */
  readonly since?: number;
  /** Found, and left to a person. */
  readonly manual?: true;
}

const EDITS: Record<string, Edit> = {
  'a column dropped': {
    sql: 'alter table invoice drop column due',
    found: ['invoice.due is missing', 'invoice has no index by_due on due', 'invoice has no unique index on code, due'],
  },
  'a column added': {
    sql: 'alter table invoice add column more int',
    found: ['invoice.more is not a field of the model'],
  },
  'a column renamed': {
    sql: 'alter table invoice rename column note to remark',
    found: [
      'invoice.note is missing ("remark" may have been meant: rename it to "note" instead)',
      'invoice.remark is not a field of the model',
    ],
  },
  'a type widened': {
    sql: 'alter table invoice alter column code type varchar(40)',
    found: ['invoice.code is String(40), not String(20)'],
  },
  'a type changed': {
    sql: 'alter table invoice alter column note type varchar(100)',
    found: ['invoice.note is String, not Text'],
  },
  'a scale changed': {
    sql: 'alter table invoice alter column amount type numeric(12,3)',
    found: ['invoice.amount is Decimal(12, 3), not Decimal(12, 2)'],
  },
  'digits without a limit': {
    sql: 'alter table invoice alter column amount type numeric',
    found: ['invoice.amount is Decimal, not Decimal(12, 2)'],
  },
  'a type of no field': {
    sql: 'alter table invoice alter column due type timestamp',
    found: ['invoice.due is type timestamp without time zone, not Date'],
  },
  'a text without a length': {
    sql: 'alter table invoice alter column code type varchar',
    found: ['invoice.code is type character varying, not String(20)'],
  },
  'NOT NULL dropped': {
    sql: 'alter table invoice alter column code drop not null',
    found: ['invoice.code can be null'],
  },
  'NOT NULL set': { sql: 'alter table invoice alter column note set not null', found: ['invoice.note cannot be null'] },
  'a default dropped': {
    sql: 'alter table invoice alter column status drop default',
    found: ['invoice.status has no default'],
  },
  'a default added': {
    sql: "alter table invoice alter column note set default 'x'",
    found: ['invoice.note has a default'],
  },
  'a default changed': {
    sql: "alter table invoice alter column status set default 'sent'",
    found: ['invoice.status has another default'],
  },
  'a default that is an expression': {
    sql: 'alter table invoice alter column amount set default 1 + 1',
    found: ['invoice.amount has another default'],
  },
  'a default by another function': {
    sql: 'alter table invoice alter column made_at set default clock_timestamp()',
    found: ['invoice.made_at has another default'],
  },
  'a value added to an Enum': {
    sql: "alter table invoice drop constraint CHECK; alter table invoice add constraint CHECK check (status in ('draft', 'sent', 'paid'))",
    found: ['invoice.status is held to other values'],
  },
  'the check of an Enum dropped': {
    sql: 'alter table invoice drop constraint CHECK',
    found: ['invoice.status is not held to its values'],
  },
  'the check of an Enum that is not validated': {
    sql: "alter table invoice drop constraint CHECK; alter table invoice add constraint CHECK check (status in ('draft', 'sent')) not valid",
    found: ['invoice.status is held to other values ("CHECK" is not validated: existing rows may violate it)'],
  },
  'a list of values on a Text': {
    sql: "alter table invoice add check (note in ('a', 'b'))",
    found: ['invoice.note is held to values'],
  },
  'another check': {
    sql: 'alter table invoice add constraint positive check (amount > 0)',
    found: ['check positive of invoice: (amount > (0)::numeric)'],
    manual: true,
  },
  'the unique constraint dropped': {
    sql: 'alter table invoice drop constraint UNIQUE',
    found: ['invoice.code is not unique'],
  },
  'a unique constraint added': { sql: 'alter table invoice add unique (note)', found: ['invoice.note is unique'] },
  'a unique constraint that waits': {
    sql: 'alter table invoice drop constraint UNIQUE; alter table invoice add constraint UNIQUE unique (code) deferrable initially deferred',
    found: ['the unique index on code of invoice is deferred'],
  },
  'a unique index where nulls are equal': {
    sql: 'alter table invoice drop constraint UNIQUE; create unique index nulls on invoice (code) nulls not distinct',
    found: ['invoice.code is not unique', 'invoice has an extra unique index nulls on code nulls being equal'],
    since: 15,
  },
  'an index dropped': { sql: 'drop index ORG.by_due', found: ['invoice has no index by_due on due'] },
  'an index added': { sql: 'create index extra on invoice (note)', found: ['invoice has an index extra on note'] },
  'an index that a table is clustered by': {
    sql: 'alter table invoice cluster on by_due',
    found: ['index by_due of invoice: clustered'],
    manual: true,
  },
  'an index with options': {
    sql: 'alter index ORG.by_due set (fillfactor = 50)',
    found: ['index by_due of invoice: options'],
    manual: true,
  },
  'an index that is the replica identity': {
    sql: 'create unique index ri on invoice (code); alter table invoice replica identity using index ri',
    found: [
      'invoice has an extra unique index ri on code',
      'table invoice: replica identity by an index',
      'index ri of invoice: replica identity',
    ],
    manual: true,
  },
  'an index of a materialized view': {
    sql: 'create materialized view m as select 1 as a; create index on_m on m (a)',
    found: ['materialized view m is in no model', 'index on_m of m is in no model'],
    manual: true,
  },
  'an index renamed': {
    sql: 'alter index ORG.by_due rename to due_by',
    found: ['the index by_due on due of invoice is called due_by'],
  },
  'an index in another order': {
    sql: 'drop index ORG.by_due; create index by_due on invoice (due desc)',
    found: ['the index by_due on due of invoice is an index on due desc'],
  },
  'an index on some of the rows': {
    sql: 'drop index ORG.by_due; create index by_due on invoice (due) where due is not null',
    found: ['the index by_due on due of invoice is an index on due where due is not null'],
  },
  'an index that includes a column': {
    sql: 'drop index ORG.by_due; create index by_due on invoice (due) include (note)',
    found: ['the index by_due on due of invoice is an index on due including note'],
  },
  'an index by another method': {
    sql: 'create index hashed on invoice using hash (note)',
    found: ['invoice has an index hashed on note by hash'],
  },
  'an index with another operator class': {
    sql: 'create index pattern on invoice (note text_pattern_ops)',
    found: ['invoice has an index pattern on note text_pattern_ops'],
  },
  'an index with another collation': {
    sql: 'create index collated on invoice (note collate "C")',
    found: ['index collated of invoice: collation C'],
  },
  "an index with an operator class of the tenant's own": {
    sql: `create operator class ORG.own for type text using btree as operator 3 =, function 1 bttextcmp(text, text);
      create index owned on invoice (note ORG.own)`,
    found: [
      'invoice has an index owned on note own',
      'operator class own using btree is in no model',
      'operator family own using btree is in no model',
    ],
    manual: true,
  },
  "an index with a collation of the tenant's own": {
    sql: 'create collation ORG.coll from "C"; create index owned on invoice (note collate ORG.coll)',
    found: ['collation coll is in no model', 'index owned of invoice: collation coll'],
    manual: true,
  },
  'an index on an expression': {
    sql: 'create index lowered on invoice (lower(note))',
    found: ['invoice has an index lowered on lower(note)'],
  },
  'a foreign key dropped': {
    sql: 'alter table invoice drop constraint FOREIGN',
    found: ['invoice has no reference on customer_id'],
  },
  'a foreign key added': {
    sql: 'alter table invoice add foreign key (id) references customer on delete cascade',
    found: ['invoice has a reference on id'],
  },
  'a foreign key with another action': {
    sql: 'alter table invoice drop constraint FOREIGN; alter table invoice add constraint FOREIGN foreign key (customer_id) references customer on delete restrict',
    found: ['the reference on customer_id of invoice is another one'],
  },
  'a foreign key that is not validated': {
    sql: 'alter table invoice drop constraint FOREIGN; alter table invoice add constraint FOREIGN foreign key (customer_id) references customer on delete cascade not valid',
    found: ['the reference on customer_id of invoice is not validated'],
  },
  'a foreign key that waits': {
    sql: 'alter table invoice alter constraint FOREIGN deferrable initially deferred',
    found: ['the reference on customer_id of invoice is another one'],
  },
  'a foreign key to a table of the same name in another schema': {
    sql: `create schema OTHER; create table OTHER.customer (id int primary key); alter table invoice drop constraint FOREIGN;
      alter table invoice add constraint FOREIGN foreign key (customer_id) references OTHER.customer on delete cascade`,
    found: ['the reference on customer_id of invoice is another one'],
  },
  'the primary key dropped': {
    sql: 'alter table invoice drop constraint KEY',
    found: ['the primary key of invoice is missing, not id'],
    manual: true,
  },
  'another primary key': {
    sql: 'alter table invoice drop constraint KEY; alter table invoice add primary key (id, code)',
    found: ['the primary key of invoice is code, id, not id'],
    manual: true,
  },
  'a comment on a column': {
    sql: "comment on column invoice.note is 'x'",
    found: ['invoice.note has another comment'],
  },
  'a comment that is gone': {
    sql: 'comment on column invoice.note is null',
    found: ['invoice.note has another comment'],
  },
  'a comment on a table': {
    sql: "comment on table invoice is 'x'",
    found: ['invoice has another comment'],
    manual: true,
  },
  'a table dropped': {
    sql: 'drop table region',
    found: ['region is missing'],
  },
  'a table added': { sql: 'create table extra (id int)', found: ['extra is not among the models'] },
  'a table renamed': {
    sql: 'alter table region rename to area',
    found: [
      'area is not among the models',
      'region is missing ("area" may have been meant: rename it to "region" instead)',
    ],
  },
  'a trigger': {
    sql: "create function tr() returns trigger language plpgsql as 'begin return new; end'; create trigger t before insert on invoice for each row execute function tr()",
    found: ['trigger t of invoice is in no model', 'function tr() is in no model'],
    manual: true,
  },
  'the triggers of keys switched off': {
    sql: 'alter table invoice disable trigger all',
    found: ['trigger of a key * of invoice: disabled'],
    manual: true,
  },
  'row level security': {
    sql: 'alter table invoice enable row level security',
    found: ['table invoice: row level security'],
    manual: true,
  },
  'a policy': {
    sql: 'create policy p on invoice using (true)',
    found: ['policy p of invoice is in no model'],
    manual: true,
  },
  'an unlogged table': { sql: 'alter table region set unlogged', found: ['table region: unlogged'], manual: true },
  'another replica identity': {
    sql: 'alter table invoice replica identity full',
    found: ['table invoice: replica identity full'],
    manual: true,
  },
  'an identity column': {
    sql: 'alter table invoice alter column id add generated by default as identity',
    found: ['invoice.id is an identity'],
    manual: true,
  },
  'a serial column': {
    sql: "create sequence s owned by invoice.id; alter table invoice alter column id set default nextval('s')",
    found: ['invoice.id has a default', 'sequence s: of invoice.id'],
    manual: true,
  },
  'a collation': {
    sql: 'alter table invoice alter column note type text collate "C"',
    found: ['column note of invoice: collation C'],
    manual: true,
  },
  'a generated column': {
    sql: 'alter table invoice drop column note; alter table invoice add column note text generated always as (code) stored',
    found: ['invoice.note is generated, type text, not Text'],
    manual: true,
  },
  'a view': { sql: 'create view v as select id from invoice', found: ['view v is in no model'], manual: true },
  'a NOT NULL that is not validated': {
    sql: 'alter table invoice alter column code drop not null; alter table invoice add constraint nn not null code not valid',
    found: ['invoice.code can be null ("nn" is not validated: existing rows may violate it)'],
    since: 18,
  },
  'a foreign key that holds nothing': {
    sql: 'alter table invoice alter constraint FOREIGN not enforced',
    found: ['the reference on customer_id of invoice is not enforced'],
    since: 18,
  },
};

beforeEach(async () => {
  org = freshOrg();
  await createTenant(org, db, options);
  await createModels(org, models(), db, options);
});

/** With the names that the library derives. */
async function edit(sql: string): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.raw(`set local search_path = "${org}"`);
    const { rows } = await trx.raw(
      `select contype, conname from pg_constraint where conrelid = 'invoice'::regclass and contype in ('p', 'u', 'f', 'c')`,
    );
    const named: Record<string, string> = { p: 'KEY', u: 'UNIQUE', f: 'FOREIGN', c: 'CHECK' };
    let text = sql.replaceAll('ORG.', `"${org}".`).replaceAll('OTHER', `"${freshOther()}"`);
    for (const { contype, conname } of rows as { contype: string; conname: string }[]) {
      text = text.replaceAll(`constraint ${named[contype]}`, `constraint ${conname}`);
    }
    await trx.raw(text);
  });
}

let other: string | undefined;

function freshOther(): string {
  other ??= freshOrg();
  return other;
}

afterEach(() => (other = undefined));

function words(differences: readonly Difference[]): string[] {
  return differences.map((difference) => {
    const { hint } = difference;
    return formatDifference(difference) + (hint === undefined ? '' : ` (${hint})`);
  });
}

/** Names that were derived are left open. */
function expected(found: readonly string[]): unknown[] {
  return found.map((text) =>
    text.includes('*') || text.includes('"CHECK"')
      ? expect.stringMatching(
          new RegExp(
            `^${text
              .replace(/[.()+?^$[\]\\]/g, '\\$&')
              .replace(/\*/g, '.*')
              .replace('CHECK', '.*')}$`,
          ),
        )
      : text,
  );
}

it.each(Object.entries(EDITS))('%s', async (_name, { sql, found, since = 0, manual }) => {
  if (version < since) return;
  if (sql.includes('disable trigger all')) needSuperuser('switch the triggers of keys off');
  if (sql.includes('create operator class')) needSuperuser('create an operator class');
  await edit(sql);
  const differences = diffModels(models(), await inspectTenant(org, db));
  expect(words(differences).sort()).toEqual(expected([...found].sort()));

  const changes = changesFor(differences, { destructive: true });
  await applyChanges(org, changes, db, options);
  const left = diffModels(models(), await inspectTenant(org, db));
  if (manual === undefined) expect(words(left)).toEqual([]);
  else expect(left.filter(({ remedy }) => remedy !== 'manual')).toEqual([]);
  // What is offered twice would be offered for ever.
  expect(changesFor(left, { destructive: true })).toEqual([]);
});

it('covers at least forty kinds of edits', () => {
  expect(Object.keys(EDITS).length).toBeGreaterThanOrEqual(40);
});
