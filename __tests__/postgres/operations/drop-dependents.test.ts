// What goes along with a dropped field, and what stands in the way of a drop.
import {
  createModels,
  createTenant,
  dropFieldFromModel,
  dropIndex,
  dropModel,
  addIndex,
  createModel,
} from '../../../lib';
import { columnsOf, readTable, tablesOf } from '../../support/catalog';
import { freshOrg } from '../../support/postgres';
import { migrationError } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest();

beforeEach(async () => {
  await createModels(
    org,
    [
      {
        table: 'invoice',
        fields: [
          { name: 'year', type: 'Int', primaryKey: true },
          { name: 'no', type: 'Int', primaryKey: true },
          ...['a', 'b', 'c', 'd'].map((name) => ({ name, type: 'Int' as const })),
          { name: 'only', type: 'Int', unique: true },
        ],
      },
      {
        table: 'line',
        fields: [
          { name: 'id', type: 'Int' },
          { name: 'year', type: 'Int' },
          { name: 'no', type: 'Int' },
        ],
        foreignKeys: [
          {
            columns: ['year', 'no'],
            references: { schema: org, table: 'invoice', columns: ['year', 'no'], onDelete: 'CASCADE' },
          },
        ],
      },
    ],
    db,
    options,
  );
});

/** The names of all that hangs on a table: indexes, constraints and statistics. */
async function thingsOf(table: string): Promise<string[]> {
  const { rows } = await db.raw(
    `select i.relname::text as name from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = :table::regclass
     union select conname from pg_constraint where conrelid = :table::regclass and contype <> 'n'
     union select stxname from pg_statistic_ext where stxrelid = :table::regclass order by 1`,
    { table: `"${org}".${table}` },
  );
  return (rows as { name: string }[]).map(({ name }) => name);
}

const ON_INVOICE = (sql: string): string => sql.replaceAll('invoice', `"${org}".invoice`);

const SHARED: Readonly<Record<string, readonly [string, string]>> = {
  'an index': ['shared', 'create index shared on invoice (a, b)'],
  'an index that only includes it': ['shared', 'create index shared on invoice (b) include (a)'],
  'an index whose condition reads it': ['shared', 'create index shared on invoice (b) where a > 0'],
  'an index over an expression': ['shared', 'create index shared on invoice ((a + b))'],
  'a unique index': ['shared', 'create unique index shared on invoice (a, b)'],
  'a unique constraint': ['shared', 'alter table invoice add constraint shared unique (a, b)'],
  'a check over two fields': ['shared', 'alter table invoice add constraint shared check (a < b)'],
  statistics: ['shared', 'create statistics SCHEMA.shared on a, b from invoice'],
  'an exclusion': ['shared', 'alter table invoice add constraint shared exclude using btree (a with =, b with =)'],
};

describe.each(Object.keys(SHARED))('a field of %s', (title) => {
  const [name, sql] = SHARED[title] as readonly [string, string];

  it('is not dropped, and the error names it', async () => {
    await db.raw(ON_INVOICE(sql).replace('SCHEMA', `"${org}"`));
    const before = await thingsOf('invoice');
    const error = await migrationError(dropFieldFromModel(org, 'invoice', 'a', db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', org, table: 'invoice', column: 'a' });
    expect(error.message).toContain(`: ${name}.`);
    expect(error.message).toContain('cascade');
    expect(await thingsOf('invoice')).toEqual(before);
    expect(await columnsOf(db, org, 'invoice')).toContain('a');
  });

  it('is dropped with it, and with nothing else, where it is named', async () => {
    await db.raw(ON_INVOICE(sql).replace('SCHEMA', `"${org}"`));
    await db.raw(ON_INVOICE('create index kept on invoice (b, c)'));
    const before = await thingsOf('invoice');
    await dropFieldFromModel(org, 'invoice', 'a', db, { ...options, cascade: [name] });
    expect(await thingsOf('invoice')).toEqual(before.filter((thing) => thing !== name));
    expect(await columnsOf(db, org, 'invoice')).not.toContain('a');
  });
});

it('names all of them at once, and lets none go that is not named', async () => {
  await db.raw(
    ON_INVOICE(
      'create index i1 on invoice (a, b); create index i2 on invoice (c, a); create index i3 on invoice (b, c)',
    ),
  );
  const error = await migrationError(dropFieldFromModel(org, 'invoice', 'a', db, options));
  expect(error.message).toContain(': i1, i2.');
  const rest = await migrationError(dropFieldFromModel(org, 'invoice', 'a', db, { ...options, cascade: ['i1'] }));
  expect(rest.message).toContain(': i2.');
  await dropFieldFromModel(org, 'invoice', 'a', db, {
    ...options,
    cascade: ['i1', 'i2', 'not_there'],
  });
  expect(await thingsOf('invoice')).toContain('i3');
});

describe('a field that the function of a trigger names', () => {
  const touch = async (body: string): Promise<void> => {
    await db.raw(
      ON_INVOICE(`create function "${org}".touch() returns trigger language plpgsql as $$ begin ${body} return new; end $$;
      create trigger touched before insert on invoice for each row execute function "${org}".touch()`),
    );
  };

  it('is not dropped, and the error names the trigger', async () => {
    await touch('new.A := 1;');
    await db.raw(ON_INVOICE('create index shared on invoice (a, b)'));
    const error = await migrationError(dropFieldFromModel(org, 'invoice', 'a', db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', dependents: ['shared', 'trigger touched'] });
    expect(error.message).toMatch(
      /cover other fields too, or that a publication needs: shared\. .*The function of trigger touched names "a" of /,
    );
    expect(await columnsOf(db, org, 'invoice')).toContain('a');
  });

  it('is dropped where the trigger is named, which stays', async () => {
    await touch('new.a := 1;');
    await dropFieldFromModel(org, 'invoice', 'a', db, { ...options, cascade: ['touched'] });
    await expect(db.raw(ON_INVOICE('insert into invoice (year, no) values (1, 1)'))).rejects.toThrow(/no field "a"/);
  });

  it.each([
    ['names only as a part of another name', "new.b := length('a_b ba $a a$');", ''],
    ['of a trigger that is disabled', 'new.a := 1;', 'alter table invoice disable trigger touched'],
  ])('is dropped where it is one that it %s', async (_what, body, more) => {
    await touch(body);
    if (more !== '') await db.raw(ON_INVOICE(more));
    await dropFieldFromModel(org, 'invoice', 'a', db, options);
    expect(await columnsOf(db, org, 'invoice')).not.toContain('a');
  });
});

it('drops a field together with what is over it alone, without being told', async () => {
  await db.raw(
    ON_INVOICE(
      'create index alone on invoice (a); create index lower on invoice ((a * 2)); alter table invoice add check (a > 0)',
    ),
  );
  const kept = (await thingsOf('invoice')).filter((thing) => !['alone', 'lower', 'invoice_a_check'].includes(thing));
  await dropFieldFromModel(org, 'invoice', 'a', db, options);
  expect(await thingsOf('invoice')).toEqual(kept);
  await dropFieldFromModel(org, 'invoice', 'only', db, options);
});

it('drops a field of a key of several fields only where the key is named, and of a foreign key likewise', async () => {
  const [foreignKey] = (await readTable(db, org, 'line'))?.foreignKeys ?? [];
  const error = await migrationError(dropFieldFromModel(org, 'line', 'year', db, options));
  expect(error.message).toContain(`: ${foreignKey?.name}.`);
  await dropFieldFromModel(org, 'line', 'year', db, { ...options, cascade: [foreignKey?.name ?? ''] });

  const { primaryKey } = (await readTable(db, org, 'invoice')) ?? {};
  expect(await migrationError(dropFieldFromModel(org, 'invoice', 'no', db, options))).toMatchObject({
    message: expect.stringContaining(`: ${primaryKey?.name}.`),
  });
  await dropFieldFromModel(org, 'invoice', 'no', db, { ...options, cascade: [primaryKey?.name ?? ''] });
  expect((await readTable(db, org, 'invoice'))?.primaryKey).toBeNull();
});

it("leaves a caller's transaction usable after the refusal", async () => {
  await db.raw(ON_INVOICE('create index shared on invoice (a, b)'));
  await db.transaction(async (trx) => {
    await migrationError(dropFieldFromModel(org, 'invoice', 'a', trx, options));
    await dropFieldFromModel(org, 'invoice', 'd', trx, options);
  });
  expect(await columnsOf(db, org, 'invoice')).toEqual(expect.not.arrayContaining(['d']));
});

describe('what PostgreSQL refuses', () => {
  it.each([
    ['a view', 'create view SCHEMA.reading as select a from invoice', 'view "?ORG"?.reading'],
    ['a policy', 'create policy careful on invoice using (a > 0)', 'policy careful'],
    [
      'a trigger',
      `create function SCHEMA.nothing() returns trigger language plpgsql as 'begin return new; end';
      create trigger watching before update of a on invoice for each row execute function SCHEMA.nothing()`,
      'trigger watching',
    ],
  ])('to drop a field for %s comes with its name', async (_title, sql, named) => {
    await db.raw(ON_INVOICE(sql).replaceAll('SCHEMA', `"${org}"`));
    const error = await migrationError(dropFieldFromModel(org, 'invoice', 'a', db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', sqlState: '2BP01', table: 'invoice' });
    expect(error.message).toMatch(new RegExp(named.replace('ORG', org)));
    expect(await columnsOf(db, org, 'invoice')).toContain('a');
  });

  it('to drop a field for a generated column is refused with its name, where PostgreSQL 14 would drop it too', async () => {
    await db.raw(ON_INVOICE('alter table invoice add column twice int generated always as (a * 2) stored'));
    const error = await migrationError(dropFieldFromModel(org, 'invoice', 'a', db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', table: 'invoice' });
    expect(error.message).toContain('twice');
    expect(await columnsOf(db, org, 'invoice')).toEqual(expect.arrayContaining(['a', 'twice']));
  });

  it('to drop a field that another model refers to comes with the name of the key', async () => {
    const references = { schema: org, table: 'invoice', column: 'only', onDelete: 'CASCADE' } as const;
    await createModel(org, { table: 'copy', fields: [{ name: 'of', type: 'Int', references }] }, db, options);
    const [foreignKey] = (await readTable(db, org, 'copy'))?.foreignKeys ?? [];
    const error = await migrationError(dropFieldFromModel(org, 'invoice', 'only', db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', sqlState: '2BP01' });
    expect(error.message).toContain(foreignKey?.name);
  });

  it('to drop a model comes with the names of all that need it', async () => {
    await db.raw(`create view "${org}".reading as select a from "${org}".invoice`);
    const [foreignKey] = (await readTable(db, org, 'line'))?.foreignKeys ?? [];
    const error = await migrationError(dropModel(org, 'invoice', db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', sqlState: '2BP01', table: 'invoice' });
    expect(error.message).toContain(foreignKey?.name);
    expect(error.message).toContain('reading');
    expect(await tablesOf(db, org)).toContain('invoice');
  });
});

it('drops a model with its rows, and the one that it refers to after it', async () => {
  await db.raw(ON_INVOICE('insert into invoice (year, no) values (1, 1)'));
  await dropModel(org, 'line', db, options);
  await dropModel(org, 'invoice', db, options);
  expect(await tablesOf(db, org)).toEqual([]);
  expect(await migrationError(dropModel(org, 'invoice', db, options))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
});

describe('an index', () => {
  it.each([
    [{ columns: ['b', 'a'] }, { unique: false, name: expect.stringMatching(/^invoice_b_a_idx_/) }],
    [
      { columns: ['a'], unique: true },
      { unique: true, name: expect.stringMatching(/^invoice_a_key_/) },
    ],
    [
      { columns: ['a', 'c'], unique: true, name: 'once' },
      { unique: true, name: 'once' },
    ],
  ])('is added as %j, and dropped by its name', async (index, expected) => {
    await addIndex(org, 'invoice', index, db, options);
    const [found, ...others] = (await readTable(db, org, 'invoice'))?.indexes ?? [];
    expect([found, others]).toEqual([{ columns: index.columns, ...expected }, []]);
    await dropIndex(org, 'invoice', found?.name ?? '', db, options);
    expect((await readTable(db, org, 'invoice'))?.indexes).toEqual([]);
  });

  it('that is unique is not built on rows that are alike', async () => {
    await db.raw(ON_INVOICE('insert into invoice (year, no, a) values (1, 1, 7), (1, 2, 7)'));
    const error = await migrationError(addIndex(org, 'invoice', { columns: ['a'], unique: true }, db, options));
    expect(error).toMatchObject({ code: 'UNIQUE_VIOLATION', table: 'invoice' });
    expect((await readTable(db, org, 'invoice'))?.indexes).toEqual([]);
  });

  it('on a field that is not there is a FIELD_NOT_FOUND that names it', async () => {
    const error = await migrationError(addIndex(org, 'invoice', { columns: ['a', 'gone'] }, db, options));
    expect(error).toMatchObject({ code: 'FIELD_NOT_FOUND', table: 'invoice', column: 'gone' });
  });

  it('of a name that is taken is refused', async () => {
    const error = await migrationError(addIndex(org, 'invoice', { columns: ['a'], name: 'line' }, db, options));
    expect(error).toMatchObject({ code: 'INDEX_EXISTS', table: 'invoice' });
    expect(error.message).toContain('"line"');
  });

  it("is not dropped from another table than its own, of the same org or another's", async () => {
    await addIndex(org, 'line', { columns: ['no'], name: 'of_line' }, db, options);
    const other = freshOrg();
    await createTenant(other, db, options);
    await createModel(
      other,
      { table: 'invoice', fields: [{ name: 'a', type: 'Int' }], indexes: [{ columns: ['a'], name: 'theirs' }] },
      db,
      options,
    );
    for (const index of ['of_line', 'theirs', 'nowhere', 'line']) {
      const error = await migrationError(dropIndex(org, 'invoice', index, db, options));
      expect(error.message).toContain(`There is no index "${index}" on "${org}"."invoice"`);
    }
    expect((await readTable(db, org, 'line'))?.indexes).toHaveLength(1);
    expect((await readTable(db, other, 'invoice'))?.indexes).toHaveLength(1);
  });

  it('of a key is not dropped', async () => {
    const { primaryKey } = (await readTable(db, org, 'invoice')) ?? {};
    const error = await migrationError(dropIndex(org, 'invoice', primaryKey?.name ?? '', db, options));
    expect(error.code).toBe('DEPENDENT_OBJECTS');
    expect((await readTable(db, org, 'invoice'))?.primaryKey).toEqual(primaryKey);
  });
});

it('takes a published table for what it is: a field that refers to its key is not part of that key', async () => {
  await createModel(
    org,
    {
      table: 'tree',
      fields: [
        { name: 'id', type: 'Int' },
        { name: 'parent', type: 'Int', references: { table: 'tree', column: 'id' } },
        { name: 'place', type: 'Int' },
      ],
      indexes: [{ columns: ['parent', 'place'], name: 'by_parent' }],
    },
    db,
    options,
  );
  await db.raw(`create publication "${org}" for table "${org}".tree`);
  try {
    await dropFieldFromModel(org, 'tree', 'parent', db, { ...options, cascade: ['by_parent'] });
    expect(await columnsOf(db, org, 'tree')).toEqual(['id', 'place']);
    expect(await migrationError(dropFieldFromModel(org, 'tree', 'id', db, options))).toMatchObject({
      code: 'DEPENDENT_OBJECTS',
    });
  } finally {
    await db.raw(`drop publication "${org}"`);
  }
});
