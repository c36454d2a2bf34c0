import { isBlock } from '../../../../lib/sql/server-check';
import { planChange, type FieldChangesSpec, type MigrationError, type TypeSpec } from '../../../../lib';

function plan(set: FieldChangesSpec, from?: TypeSpec): ReturnType<typeof planChange> {
  const change = { kind: 'alterField', table: 'invoice', column: 'f', set, ...(from && { from }) } as const;
  return planChange('acme-corp', change);
}

/** What follows `alter table "acme-corp"."invoice" ` in each statement that is the same for every catalog. */
function actionsOf(set: FieldChangesSpec, from?: TypeSpec): string[] {
  const statements = plan(set, from).steps.map(({ sql }) => sql);
  return statements
    .filter((sql) => !isBlock(sql))
    .map((sql) => sql.replace('alter table "acme-corp"."invoice" ', ''))
    .map((action) => action.replace(/ using case when not \(.*/s, ' using case …'));
}

function refusalOf(set: unknown, from?: unknown): MigrationError {
  try {
    plan(set as FieldChangesSpec, from as TypeSpec);
  } catch (error) {
    return error as MigrationError;
  }
  throw new Error('It was planned, and should have been refused.');
}

it.each<[FieldChangesSpec, string[]]>([
  [{ nullable: true }, ['alter column "f" drop not null']],
  [{ nullable: false }, ['alter column "f" set not null']],
  [{ default: null }, ['alter column "f" drop default']],
  [{ comment: "it's" }, [`comment on column "acme-corp"."invoice"."f" is 'it''s'`]],
])('%j is one statement', (set, actions) => {
  expect(actionsOf(set)).toEqual(actions);
});

it.each<[FieldChangesSpec, TypeSpec, string]>([
  [{ length: 60 }, { type: 'String', length: 40 }, 'character varying(60)'],
  [{ type: 'Text' }, { type: 'String' }, 'pg_catalog.text'],
  [{ type: 'Int' }, { type: 'SmallInt' }, 'integer using "f"::integer'],
  [{ type: 'BigInt' }, { type: 'Int' }, 'bigint using "f"::bigint'],
  [{ type: 'SmallInt' }, { type: 'Int' }, 'smallint using case …'],
  [{ precision: 14 }, { type: 'Decimal', precision: 12, scale: 2 }, 'numeric(14,2) using "f"::numeric(14,2)'],
  [{ scale: 1 }, { type: 'Decimal', precision: 12, scale: 2 }, 'numeric(12,1) using case …'],
  [{ length: 20 }, { type: 'String', length: 40 }, 'character varying(20) using case …'],
  [{ type: 'Int' }, { type: 'Float' }, 'integer using case …'],
])('%j of %j is one statement, which looks at the rows only where they can lose something', (set, from, type) => {
  expect(actionsOf(set, from).filter((action) => action.includes(' type '))).toEqual([`alter column "f" type ${type}`]);
  const kinds = plan(set, from).hazards.map(({ kind }) => kind);
  expect(kinds.includes('dataLoss')).toBe(type.endsWith('…'));
});

it('leaves to the catalog what no from says', () => {
  for (const set of [{ length: 20 }, { precision: 12 }, { scale: 2 }, { type: 'Float' }] as const) {
    const [step] = plan(set).steps.slice(-1);
    expect(isBlock(step?.sql ?? '')).toBe(true);
    expect(step).toMatchObject({ rewritesTable: true });
  }
});

it.each<[unknown, FieldChangesSpec, string]>([
  ['a text', { type: 'Text', default: "it's why?" }, "'it''s why?'"],
  ['a number', { type: 'Int', default: 5 }, '5'],
  ['a bigint', { type: 'BigInt', default: 9007199254740993n }, '9007199254740993'],
  ['false', { type: 'Boolean', default: false }, 'false'],
  ['a moment', { type: 'DateTime', default: new Date(0) }, "'1970-01-01T00:00:00.000Z'"],
  ['now', { type: 'Date', default: { fn: 'now' } }, 'cast(pg_catalog.now() as pg_catalog.date)'],
  ['a new uuid', { type: 'Uuid', default: { fn: 'uuid' } }, 'pg_catalog.gen_random_uuid()'],
  ['a string in Json', { type: 'Json', default: '1' }, `'"1"'::pg_catalog.jsonb`],
  ['a value of an Enum', { values: ['a', 'b'], default: 'b' }, "'b'"],
  ['a text of a length', { length: 3, default: 'abc' }, "'abc'"],
])('takes %s as a default of the type beside it', (_title, set, sql) => {
  const setting = actionsOf(set).filter((action) => action.includes('set default'));
  expect(setting).toEqual([expect.stringContaining(`alter column "f" set default ${sql}`)]);
});

it('judges a default by the type that the field has', () => {
  expect(actionsOf({ default: '1' }, { type: 'Json' })).toEqual([
    `alter column "f" set default '"1"'::pg_catalog.jsonb`,
  ]);
  expect(refusalOf({ default: 1.5 }, { type: 'Int' })).toMatchObject({ code: 'INVALID_SPEC' });
  expect(refusalOf({ default: 'abcd' }, { type: 'String', length: 3 })).toMatchObject({ code: 'INVALID_SPEC' });
  expect(refusalOf({ default: 'c' }, { type: 'Enum', values: ['a'] })).toMatchObject({ code: 'INVALID_SPEC' });
});

it('changes the type between the old default and the new one, and what else is named after it', () => {
  const set: FieldChangesSpec = { type: 'Int', default: 7, nullable: false, unique: true, comment: 'c' };
  expect(actionsOf(set, { type: 'Text' }).map((action) => action.replace(/_[0-9a-f]{12}/, '_…'))).toEqual([
    'drop constraint if exists "invoice_f_check_…"',
    'alter column "f" drop default',
    'alter column "f" type integer using case …',
    'alter column "f" set default 7',
    'alter column "f" set not null',
    'add constraint "invoice_f_key_…" unique ("f")',
    `comment on column "acme-corp"."invoice"."f" is 'c'`,
  ]);
});

it('puts the values of an Enum in place of those it had', () => {
  const actions = actionsOf({ values: ['a', "b's"] });
  const action = actions[1] ?? '';
  const dropped = /^drop constraint if exists ("\S+")$/.exec(actions[0] ?? '')?.[1];
  const added = /^add constraint ("\S+") check/.exec(action)?.[1];
  expect(dropped).toMatch(/^"invoice_f_check_[0-9a-f]{12}"$/);
  expect(added).toBe(dropped);
  expect(action).toContain(`check ("f" operator(pg_catalog.=) any (array['a', 'b''s']::pg_catalog.text[]))`);
});

it.each<[unknown, string, string]>([
  [{}, 'set', 'must name something to change'],
  [{ nulable: true }, 'set.nulable', 'unknown key'],
  [{ type: 'Int', length: 3 }, 'set.length', 'Int takes no length, String does'],
  [{ type: 'Strin' }, 'set.type', 'must be one of'],
  [{ type: 'Enum' }, 'set.values', 'needs'],
  [{ values: [] }, 'set.values', 'needs'],
  [{ type: 'Decimal', scale: 2 }, 'set.scale', 'needs a precision'],
  [{ precision: 0 }, 'set.precision', 'from 1'],
  [{ scale: 1.5 }, 'set.scale', 'whole number'],
  [{ type: 'Int', default: 'one' }, 'set.default', 'whole number'],
  [{ length: 2, default: 'abc' }, 'set.default', 'at most 2'],
  [{ nullable: 'no' }, 'set.nullable', 'must be'],
])('refuses %j', (set, path, message) => {
  const { code, faults } = refusalOf(set);
  expect(code).toBe('INVALID_SPEC');
  expect(faults).toContainEqual({ path: expect.stringContaining(path), message: expect.stringContaining(message) });
});

it('refuses a type that the field has had, where it is none', () => {
  expect(refusalOf({ nullable: true }, { type: 'Strin' }).faults).toMatchObject([{ path: 'from.type' }]);
  expect(refusalOf({ nullable: true }, { length: 3 }).faults).toMatchObject([{ path: 'from.type' }]);
});

it('judges an option without a type by the type that the field has', () => {
  expect(refusalOf({ length: 50 }, { type: 'Int' }).faults).toMatchObject([{ path: 'set.length' }]);
  expect(refusalOf({ values: ['1'] }, { type: 'Int' }).faults).toMatchObject([{ path: 'set.values' }]);
  expect(refusalOf({ precision: 6, scale: 1 }, { type: 'String' }).faults).toMatchObject([
    { path: 'set.precision' },
    { path: 'set.scale' },
  ]);
  expect(refusalOf({ scale: 2 }, { type: 'Decimal' }).faults).toMatchObject([{ path: 'set.scale' }]);
  expect(refusalOf({ precision: 1 }, { type: 'Decimal', precision: 12, scale: 2 }).faults).toMatchObject([
    { path: 'set.scale' },
  ]);
});
