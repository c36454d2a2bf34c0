import { planChange, type FieldChangesSpec, type MigrationError, type TypeSpec } from '../../../../lib';

function plan(set: FieldChangesSpec, from?: TypeSpec): ReturnType<typeof planChange> {
  const change = { kind: 'alterField', table: 'invoice', column: 'f', set, ...(from && { from }) } as const;
  return planChange('acme-corp', change);
}

/** What follows `alter table "acme-corp"."invoice" ` in each statement. */
function actionsOf(set: FieldChangesSpec, from?: TypeSpec): string[] {
  return plan(set, from).steps.map(({ sql }) => sql.replace('alter table "acme-corp"."invoice" ', ''));
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
  [{ length: 20 }, ['alter column "f" type character varying(20)']],
  [{ precision: 12, scale: 2 }, ['alter column "f" type numeric(12,2) using "f"::numeric(12,2)']],
  [{ comment: "it's" }, [`comment on column "acme-corp"."invoice"."f" is 'it''s'`]],
])('%j is one statement', (set, actions) => {
  expect(actionsOf(set)).toEqual(actions);
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
    'alter column "f" type integer using "f"::integer',
    'alter column "f" set default 7',
    'alter column "f" set not null',
    'add constraint "invoice_f_key_…" unique ("f")',
    `comment on column "acme-corp"."invoice"."f" is 'c'`,
  ]);
});

it('puts the values of an Enum in place of those it had', () => {
  const [action = ''] = actionsOf({ values: ['a', "b's"] });
  const [, dropped, added] = /^drop constraint if exists ("\S+"), add constraint ("\S+") check/.exec(action) ?? [];
  expect(dropped).toMatch(/^"invoice_f_check_[0-9a-f]{12}"$/);
  expect(added).toBe(dropped);
  expect(action).toContain(`check ("f" operator(pg_catalog.=) any (array['a', 'b''s']::pg_catalog.text[]))`);
});

it.each<[unknown, string, string]>([
  [{}, 'set', 'must name what is to change'],
  [{ nulable: true }, 'set.nulable', 'unknown key'],
  [{ type: 'Int', length: 3 }, 'set.length', 'Int takes no length, String does'],
  [{ type: 'Strin' }, 'set.type', 'must be one of'],
  [{ type: 'Enum' }, 'set.values', 'needs'],
  [{ values: [] }, 'set.values', 'needs'],
  [{ scale: 2 }, 'set.scale', 'needs a precision'],
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
