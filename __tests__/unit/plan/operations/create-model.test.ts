import { planChange, type Change, type MigrationError, type Step } from '../../../../lib';

type CreateModel = Omit<Extract<Change, { kind: 'createModel' }>, 'kind' | 'table'>;

const ID = { name: 'id', type: 'String' } as const;
const INVOICE = '"acme-corp"."invoice"';

function stepsOf(model: CreateModel): readonly Step[] {
  return planChange('acme-corp', { kind: 'createModel', table: 'invoice', ...model }).steps;
}

function sqlOf(model: CreateModel): string[] {
  return stepsOf(model).map(({ sql }) => sql);
}

function faultsOf(model: object): string[] {
  try {
    stepsOf(model as CreateModel);
  } catch (error) {
    return ((error as MigrationError).faults ?? []).map(({ path, message }) => `${path}: ${message}`);
  }
  throw new Error('It was accepted, and should have been refused.');
}

function to(table: string, schema = 'acme-corp', onDelete: 'CASCADE' | 'SET NULL' | 'RESTRICT' = 'CASCADE') {
  return { schema, table, column: 'id', onDelete };
}

it('is one statement for a model that is only fields', () => {
  const fields = [
    ID,
    { name: 'name', type: 'String', nullable: false },
    { name: 'amount', type: 'Float', default: 0 },
  ] as const;
  expect(stepsOf({ fields })).toEqual([
    {
      sql: `create table ${INVOICE} ("id" varchar(100) not null, "name" varchar(100) not null, "amount" double precision default 0, constraint "invoice_pkey_66ebf28520ac" primary key ("id"))`,
      locks: [],
      rewritesTable: false,
      scansTable: false,
      transactional: true,
    },
  ]);
});

it('may have no fields at all', () => {
  expect(sqlOf({ fields: [] })).toEqual([`create table ${INVOICE} ()`]);
});

it('has its statements in one order: table, unique, indexes, comments, foreign keys', () => {
  const sql = sqlOf({
    comment: "it's why?",
    fields: [
      ID,
      { name: 'code', type: 'Int', unique: true, comment: 'a \\ b?' },
      { name: 'state', type: 'Enum', values: ['draft', "it's"], default: 'draft', nullable: false },
      { name: 'payer', type: 'String', references: to('customer') },
    ],
    indexes: [
      { columns: ['code', 'state'] },
      { columns: ['state'], unique: true },
      { columns: ['payer'], name: 'by_payer' },
    ],
  });
  expect(sql).toEqual([
    `create table ${INVOICE} ("id" varchar(100) not null, "code" integer, "state" pg_catalog.text constraint "invoice_state_check_64d2a3927842" check ("state" operator(pg_catalog.=) any (array['draft', 'it''s']::pg_catalog.text[])) not null default 'draft', "payer" varchar(100), constraint "invoice_pkey_66ebf28520ac" primary key ("id"))`,
    `alter table ${INVOICE} add constraint "invoice_code_key_7fcb85c6a926" unique ("code")`,
    `create index "invoice_code_state_idx_55e81f58de44" on ${INVOICE} ("code", "state")`,
    `create unique index "invoice_state_key_dafbeda8a2ef" on ${INVOICE} ("state")`,
    `create index "by_payer" on ${INVOICE} ("payer")`,
    `comment on table ${INVOICE} is 'it''s why?'`,
    `comment on column ${INVOICE}."code" is E'a \\\\ b\\x3f'`,
    `alter table ${INVOICE} add constraint "invoice_payer_fkey_70ed639d2dea" foreign key ("payer") references "acme-corp"."customer" ("id") on delete cascade`,
  ]);
});

it('has no hazard but for a shared table, and locks only the tables that it refers to', () => {
  const fields = [
    ID,
    { name: 'a', type: 'String', unique: true, references: to('customer') },
    { name: 'b', type: 'String', nullable: false, references: to('country', 'public') },
  ] as const;
  const plan = planChange('acme-corp', {
    kind: 'createModel',
    table: 'invoice',
    fields,
    indexes: [{ columns: ['a'] }],
  });
  expect(plan.hazards.map(({ kind, message }) => [kind, message])).toEqual([
    ['sharedLock', expect.stringContaining('"public"."country"')],
  ]);
  expect(plan.steps.flatMap(({ locks }) => locks)).toEqual([
    { schema: 'acme-corp', table: 'customer', mode: 'ShareRowExclusiveLock' },
    { schema: 'public', table: 'country', mode: 'ShareRowExclusiveLock' },
  ]);
  expect(
    plan.steps.map(({ rewritesTable, scansTable, transactional }) => ({ rewritesTable, scansTable, transactional })),
  ).toEqual(plan.steps.map(() => ({ rewritesTable: false, scansTable: false, transactional: true })));
});

describe('the primary key', () => {
  const keyOf = (fields: CreateModel['fields']): string | undefined =>
    /, constraint "invoice_pkey_66ebf28520ac" primary key \((.*)\)\)$/.exec(sqlOf({ fields })[0] ?? '')?.[1];

  it('is the field named id, where no field says that it is', () => {
    expect(
      keyOf([
        { name: 'a', type: 'Int' },
        { name: 'id', type: 'Uuid' },
      ]),
    ).toBe('"id"');
  });

  it('is what says so, together and in the order of the fields, and then id is none', () => {
    const [a, b] = [
      { name: 'b', type: 'Int', primaryKey: true },
      { name: 'a', type: 'Int', primaryKey: true },
    ] as const;
    expect(keyOf([ID, a, b])).toBe('"b", "a"');
    expect(keyOf([a, { ...ID, primaryKey: true }])).toBe('"b", "id"');
  });

  it('is none where id says so, and where there is no id', () => {
    expect(keyOf([{ ...ID, primaryKey: false }])).toBeUndefined();
    expect(keyOf([{ name: 'ID', type: 'Int' }])).toBeUndefined();
    expect(sqlOf({ fields: [{ ...ID, primaryKey: false }] })).toEqual([`create table ${INVOICE} ("id" varchar(100))`]);
  });

  it('is not nullable, which no field can say otherwise, and unique as it is, without a second index', () => {
    for (const key of [ID, { name: 'k', type: 'String', primaryKey: true }] as const) {
      expect(sqlOf({ fields: [key] })[0]).toContain(`"${key.name}" varchar(100) not null, constraint`);
      expect(faultsOf({ fields: [{ ...key, nullable: true }] })).toEqual([
        `fields[0].nullable: "${key.name}" is the key, which is never null`,
      ]);
      expect(sqlOf({ fields: [{ ...key, unique: true }] })).toEqual(sqlOf({ fields: [key] }));
    }
    // Each of two key fields can be unique besides.
    const two = ['a', 'b'].map((name) => ({ name, type: 'Int', primaryKey: true, unique: true }) as const);
    expect(sqlOf({ fields: two })).toHaveLength(3);
    expect(sqlOf({ fields: [{ ...ID, primaryKey: false, nullable: false }] })).toEqual([
      `create table ${INVOICE} ("id" varchar(100) not null)`,
    ]);
  });

  it('has no `default: null`, which would say that there is none', () => {
    const fault = 'null means no default, but a key is not nullable';
    expect(faultsOf({ fields: [{ ...ID, default: null }] })).toEqual([`fields[0].default: ${fault}`]);
    expect(faultsOf({ fields: [ID, { name: 'k', type: 'Int', primaryKey: true, default: null }] })).toHaveLength(1);
    expect(sqlOf({ fields: [{ ...ID, primaryKey: false, default: null }] })).toHaveLength(1);
  });

  it('has at most 32 fields', () => {
    const fields = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ name: `k${at}`, type: 'Int', primaryKey: true }) as const);
    expect(keyOf(fields(32))).toMatch(/^"k0", .*"k31"$/);
    expect(faultsOf({ fields: fields(33) })).toEqual(['fields: a primary key has at most 32 fields']);
  });
});

describe('foreign keys', () => {
  it.each([
    ['CASCADE', 'cascade'],
    ['SET NULL', 'set null'],
    ['RESTRICT', 'restrict'],
  ] as const)('on delete %s', (onDelete, words) => {
    const fields = [ID, { name: 'a', type: 'String', references: to('customer', 'acme-corp', onDelete) }] as const;
    expect(sqlOf({ fields })[1]).toBe(
      `alter table ${INVOICE} add constraint "invoice_a_fkey_8035f5d1e8fa" foreign key ("a") references "acme-corp"."customer" ("id") on delete ${words}`,
    );
  });

  it('of several columns', () => {
    const fields = [ID, { name: 'a', type: 'Int' }, { name: 'b', type: 'Int' }] as const;
    const references = { schema: 'public', table: 'line', columns: ['x', 'y'], onDelete: 'RESTRICT' } as const;
    expect(stepsOf({ fields, foreignKeys: [{ columns: ['b', 'a'], references }] })[1]).toEqual({
      sql: `alter table ${INVOICE} add constraint "invoice_b_a_fkey_7bedf54f4b36" foreign key ("b", "a") references "public"."line" ("x", "y") on delete restrict`,
      locks: [{ schema: 'public', table: 'line', mode: 'ShareRowExclusiveLock' }],
      rewritesTable: false,
      scansTable: false,
      transactional: true,
    });
  });

  it('come by the table that they refer to, so that two models never wait for each other', () => {
    const order = (tables: readonly string[]): string[] => {
      const fields = tables.map((table) => {
        const [schema = '', name = ''] = table.split('.');
        return { name: `to_${schema}_${name}`, type: 'String', references: to(name, schema) } as const;
      });
      return sqlOf({ fields: [ID, ...fields] })
        .slice(1)
        .map((sql) => /references "(.*)" \(/.exec(sql)?.[1] ?? '');
    };
    const sorted = ['acme-corp"."Z', 'acme-corp"."a', 'acme-corp"."b', 'acme-corp"."é', 'public"."a'];
    expect(order(['public.a', 'acme-corp.b', 'acme-corp.é', 'acme-corp.a', 'acme-corp.Z'])).toEqual(sorted);
    expect(order(['acme-corp.Z', 'acme-corp.é', 'acme-corp.a', 'public.a', 'acme-corp.b'])).toEqual(sorted);
  });

  it('to the model itself take no lock: nobody else has it yet', () => {
    const parent = { name: 'parent', type: 'String' } as const;
    // Its primary key is there from the beginning, a unique only after.
    expect(stepsOf({ fields: [ID, { ...parent, references: to('invoice') }] })).toEqual([
      {
        sql: `create table ${INVOICE} ("id" varchar(100) not null, "parent" varchar(100), constraint "invoice_pkey_66ebf28520ac" primary key ("id"), constraint "invoice_parent_fkey_7fea54f1ecc9" foreign key ("parent") references ${INVOICE} ("id") on delete cascade)`,
        locks: [],
        rewritesTable: false,
        scansTable: false,
        transactional: true,
      },
    ]);
    const code = { name: 'code', type: 'String', unique: true } as const;
    const onUnique = { ...to('invoice'), column: 'code' };
    expect(stepsOf({ fields: [ID, code, { ...parent, references: onUnique }] })[2]).toMatchObject({
      sql: `alter table ${INVOICE} add constraint "invoice_parent_fkey_7fea54f1ecc9" foreign key ("parent") references ${INVOICE} ("code") on delete cascade`,
      locks: [],
    });
    // A table of the same name elsewhere is another table.
    const elsewhere = [ID, { name: 'parent', type: 'String', references: to('invoice', 'public') }] as const;
    expect(stepsOf({ fields: elsewhere })[1]?.locks).toEqual([
      { schema: 'public', table: 'invoice', mode: 'ShareRowExclusiveLock' },
    ]);
  });

  it('have as many columns as what they refer to, which are fields, each once', () => {
    const fields = [ID, { name: 'a', type: 'Int' }];
    const key = (columns: string[], target: string[]) => ({
      columns,
      references: { schema: 'public', table: 't', columns: target, onDelete: 'CASCADE' },
    });
    const faults = (...foreignKeys: object[]) => faultsOf({ fields, foreignKeys });
    expect(faults(key(['a', 'id'], ['x']))).toEqual(['foreignKeys[0].references.columns: must be as many as columns']);
    expect(faults(key([], []))).toEqual(['foreignKeys[0].columns: must not be empty']);
    expect(faults(key(['b'], ['x']))).toEqual(['foreignKeys[0].columns[0]: is not a field of this model']);
    expect(faults(key(['a', 'a'], ['x', 'y']))).toEqual(['foreignKeys[0].columns[1]: duplicates columns[0]']);
  });
});

it('has indexes and foreign keys of at most 32 columns', () => {
  const names = Array.from({ length: 33 }, (_, at) => `k${at}`);
  const fields = names.map((name) => ({ name, type: 'Int' }) as const);
  const columns = names.slice(0, 32);
  const references = { schema: 'public', table: 't', columns, onDelete: 'CASCADE' } as const;
  expect(sqlOf({ fields, indexes: [{ columns }], foreignKeys: [{ columns, references }] })).toHaveLength(3);
  const keys = [{ columns: names, references: { ...references, columns: names } }];
  expect(faultsOf({ fields, indexes: [{ columns: names }], foreignKeys: keys })).toEqual([
    'indexes[0].columns: must be at most 32',
    'foreignKeys[0].columns: must be at most 32',
  ]);
});

describe('names that would clash', () => {
  const [a, b] = [
    { name: 'a', type: 'Int' },
    { name: 'b', type: 'Int' },
  ] as const;
  const faults = (model: object) => faultsOf({ fields: [ID, a, b], ...model });

  it('are those of two fields', () => {
    expect(faults({ fields: [ID, a, b, { ...a, type: 'Text' }, a] })).toEqual([
      'fields[3].name: duplicates fields[1].name',
      'fields[4].name: duplicates fields[1].name',
    ]);
    // Names are exact.
    expect(sqlOf({ fields: [a, { name: 'A', type: 'Int' }] })).toEqual([
      `create table ${INVOICE} ("a" integer, "A" integer)`,
    ]);
  });

  it('are those of two indexes', () => {
    const name = 'mine';
    expect(
      faults({
        indexes: [
          { columns: ['a'], name },
          { columns: ['b'], name },
        ],
      }),
    ).toEqual(['indexes[1]: has the name of indexes[0]']);
    expect(faults({ indexes: [{ columns: ['a', 'b'] }, { columns: ['a', 'b'] }] })).toEqual([
      'indexes[1]: has the name of indexes[0]',
    ]);
    const allowed = [{ columns: ['a', 'b'] }, { columns: ['b', 'a'] }, { columns: ['a', 'b'], unique: true }];
    expect(sqlOf({ fields: [a, b], indexes: allowed })).toHaveLength(4);
  });

  it('are that of an index and the table, the key, or the unique of a field', () => {
    expect(faults({ indexes: [{ columns: ['a'], name: 'invoice' }] })).toEqual(['indexes[0]: has the name of table']);
    expect(faults({ indexes: [{ columns: ['a'], name: 'invoice_pkey_66ebf28520ac' }] })).toEqual([
      'indexes[0]: has the name of the primary key',
    ]);
    expect(faults({ fields: [ID, { ...a, unique: true }], indexes: [{ columns: ['a'], unique: true }] })).toEqual([
      'indexes[0]: has the name of fields[1].unique',
    ]);
  });

  it('are those of two foreign keys on the same columns', () => {
    const references = { schema: 'public', table: 't', columns: ['x'], onDelete: 'CASCADE' };
    const key = { columns: ['a'], references };
    expect(faults({ foreignKeys: [key, { ...key, references: { ...references, table: 'u' } }] })).toEqual([
      'foreignKeys[1]: is on the same columns as foreignKeys[0]',
    ]);
    expect(faults({ fields: [ID, { ...a, references: to('t') }], foreignKeys: [key] })).toEqual([
      'foreignKeys[0]: is on the same columns as fields[1].references',
    ]);
  });

  it('are none between (`a_b`, `c`) and (`a`, `b_c`)', () => {
    const indexNamed = (table: string, column: string): string | undefined =>
      planChange('acme-corp', {
        kind: 'createModel',
        table,
        fields: [{ name: column, type: 'Int' }],
        indexes: [{ columns: [column] }],
      }).steps[1]?.sql.split(' ')[2];
    expect(indexNamed('a_b', 'c')).toMatch(/^"a_b_c_idx_[0-9a-f]{12}"$/);
    expect(indexNamed('a', 'b_c')).toMatch(/^"a_b_c_idx_[0-9a-f]{12}"$/);
    expect(indexNamed('a_b', 'c')).not.toBe(indexNamed('a', 'b_c'));
  });
});

describe('SET NULL on a field that cannot be null is a fault', () => {
  const references = to('customer', 'acme-corp', 'SET NULL');
  const pair = { schema: 'acme-corp', table: 'customer', columns: ['a', 'b'], onDelete: 'SET NULL' } as const;

  it.each<[string, CreateModel, string[]]>([
    [
      'not nullable',
      { fields: [{ name: 'f', type: 'Int', nullable: false, references }] },
      ['fields[0].references.onDelete'],
    ],
    [
      'a key',
      { fields: [{ name: 'f', type: 'Int', primaryKey: true, references }] },
      ['fields[0].references.onDelete'],
    ],
    ['a key by its name', { fields: [{ name: 'id', type: 'Int', references }] }, ['fields[0].references.onDelete']],
    ['nullable', { fields: [{ name: 'f', type: 'Int', references }] }, []],
    [
      'one of several',
      {
        fields: [
          { name: 'a', type: 'Int', nullable: false },
          { name: 'b', type: 'Int' },
        ],
        foreignKeys: [{ columns: ['a', 'b'], references: pair }],
      },
      ['foreignKeys[0].references.onDelete'],
    ],
    [
      'none of several',
      {
        fields: [
          { name: 'a', type: 'Int' },
          { name: 'b', type: 'Int' },
        ],
        foreignKeys: [{ columns: ['a', 'b'], references: pair }],
      },
      [],
    ],
  ])('%s', (_title, spec, paths) => {
    const faults = paths.length === 0 ? [] : faultsOf(spec).map((fault) => fault.split(':')[0]);
    expect(faults).toEqual(paths);
    if (paths.length === 0) expect(stepsOf(spec)).not.toEqual([]);
  });
});
