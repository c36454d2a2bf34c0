import { planChange, type FieldSpec, type Plan } from '../../../../lib';

const INVOICE = '"acme-corp"."invoice"';
const OWN = { schema: 'acme-corp', table: 'invoice', mode: 'AccessExclusiveLock' };
const customer = { schema: 'acme-corp', table: 'customer', column: 'id', onDelete: 'SET NULL' } as const;
const REFERENCED = { schema: 'acme-corp', table: 'customer', mode: 'ShareRowExclusiveLock' };

function planOf(field: FieldSpec): Plan {
  return planChange('acme-corp', { kind: 'addField', table: 'invoice', field });
}

const at = { table: 'invoice', column: 'f' };
const REWRITE = {
  kind: 'rewrite',
  ...at,
  message: 'Adding "f" rewrites every row of "invoice" and blocks reads until it is done.',
  saferWay: 'Use applyOnline, which fills the rows in batches while others read and write.',
};
/** One that refers is not filled online. */
const REWRITE_BY_HAND = {
  ...REWRITE,
  saferWay: 'Add the field without a default, fill it in batches, then set the default.',
};
const NOT_NULL = {
  kind: 'notNullWithoutDefault',
  ...at,
  message: '"f" is not nullable and has no default: adding it fails if "invoice" has rows.',
  saferWay: 'Set a default, or add it nullable, fill it, then make it not nullable.',
};
const UNIQUE = {
  kind: 'uniqueBuild',
  ...at,
  message: 'The unique index on "f" is built while "invoice" cannot be read.',
  saferWay: 'Add the field first, then create a unique index CONCURRENTLY.',
};
const SCAN = {
  kind: 'scan',
  ...at,
  message: 'Adding "f" reads every row of "invoice" while the table is locked for everyone else.',
  saferWay: 'Add the field without a default or a check, then add these NOT VALID, and validate them.',
};

interface Costs {
  readonly rewritesTable?: boolean;
  readonly scansTable?: boolean;
  readonly locks?: readonly object[];
  readonly hazards?: readonly object[];
}

/** A row for each variant of the measured table of locks, rewrites and scans. */
it.each<[string, Omit<FieldSpec, 'name'>, string, Costs]>([
  ['nullable', { type: 'String' }, 'varchar(100)', {}],
  ['nullable, constant default', { type: 'String', default: 'draft' }, "varchar(100) default 'draft'", {}],
  [
    'default now()',
    { type: 'DateTime', default: { fn: 'now' } },
    'pg_catalog.timestamptz default pg_catalog.now()',
    {},
  ],
  ['not null, constant default', { type: 'Int', nullable: false, default: 0 }, 'integer not null default 0', {}],
  [
    'not null, default now()',
    { type: 'DateTime', nullable: false, default: { fn: 'now' } },
    'pg_catalog.timestamptz not null default pg_catalog.now()',
    {},
  ],
  [
    'volatile default',
    { type: 'Uuid', default: { fn: 'uuid' } },
    'pg_catalog.uuid default pg_catalog.gen_random_uuid()',
    { rewritesTable: true, scansTable: true, hazards: [REWRITE] },
  ],
  [
    'not null without default',
    { type: 'Int', nullable: false },
    'integer not null',
    { scansTable: true, hazards: [NOT_NULL] },
  ],
  [
    'a check',
    { type: 'Enum', values: ['a', 'b'] },
    `pg_catalog.text constraint "invoice_f_check_558ea7621812" check ("f" operator(pg_catalog.=) any (array['a', 'b']::pg_catalog.text[]))`,
    { scansTable: true, hazards: [SCAN] },
  ],
  [
    'unique',
    { type: 'Int', unique: true },
    'integer constraint "invoice_f_key_249884b7e952" unique',
    { scansTable: true, hazards: [UNIQUE] },
  ],
  [
    'nullable reference, in one statement',
    { type: 'String', references: customer },
    'varchar(100) constraint "invoice_f_fkey_65f8a250442d" references "acme-corp"."customer" ("id") on delete set null',
    { locks: [OWN, REFERENCED] },
  ],
  [
    'reference with a default',
    { type: 'String', default: 'x', references: customer },
    `varchar(100) default 'x' constraint "invoice_f_fkey_65f8a250442d" references "acme-corp"."customer" ("id") on delete set null`,
    { locks: [OWN, REFERENCED], scansTable: true, hazards: [SCAN] },
  ],
  [
    'reference to the model itself',
    { type: 'String', references: { ...customer, table: 'invoice' } },
    `varchar(100) constraint "invoice_f_fkey_65f8a250442d" references ${INVOICE} ("id") on delete set null`,
    { locks: [OWN] },
  ],
  [
    'reference to a table of the same name in a shared schema',
    { type: 'String', references: { ...customer, schema: 'public', table: 'invoice', onDelete: 'RESTRICT' } },
    'varchar(100) constraint "invoice_f_fkey_65f8a250442d" references "public"."invoice" ("id") on delete restrict',
    {
      locks: [OWN, { schema: 'public', table: 'invoice', mode: 'ShareRowExclusiveLock' }],
      hazards: [expect.objectContaining({ kind: 'sharedLock', table: 'invoice' })],
    },
  ],
  [
    'everything at once',
    {
      type: 'Uuid',
      nullable: false,
      default: { fn: 'uuid' },
      unique: true,
      references: { ...customer, onDelete: 'CASCADE' },
    },
    'pg_catalog.uuid not null default pg_catalog.gen_random_uuid() constraint "invoice_f_key_249884b7e952" unique constraint "invoice_f_fkey_65f8a250442d" references "acme-corp"."customer" ("id") on delete cascade',
    { locks: [OWN, REFERENCED], rewritesTable: true, scansTable: true, hazards: [REWRITE_BY_HAND, UNIQUE] },
  ],
  [
    'unique and not null without default',
    { type: 'Int', nullable: false, unique: true },
    'integer not null constraint "invoice_f_key_249884b7e952" unique',
    { scansTable: true, hazards: [NOT_NULL, UNIQUE] },
  ],
])('%s', (_variant, field, column, { hazards = [], ...costs }) => {
  const plan = planOf({ name: 'f', ...field } as FieldSpec);
  expect(plan.steps).toEqual([
    {
      sql: `alter table ${INVOICE} add column "f" ${column}`,
      locks: [OWN],
      rewritesTable: false,
      scansTable: false,
      transactional: true,
      ...costs,
    },
  ]);
  expect(plan.hazards).toEqual(hazards);
});

it('has its comment in a second statement', () => {
  const { steps } = planOf({ name: 'f', type: 'Text', comment: "it's why?" });
  expect(steps.map(({ sql }) => sql)).toEqual([
    `alter table ${INVOICE} add column "f" pg_catalog.text`,
    `comment on column ${INVOICE}."f" is 'it''s why?'`,
  ]);
});

it('a field named id that is added is no key', () => {
  expect(planOf({ name: 'id', type: 'Int' }).steps.map(({ sql }) => sql)).toEqual([
    `alter table ${INVOICE} add column "id" integer`,
  ]);
  expect(planOf({ name: 'id', type: 'Int', primaryKey: false }).steps).toHaveLength(1);
});
