// What knex's schema builder does to names, row by row, and what becomes of them here: the name itself, read back from
// pg_catalog, or a refusal before there is as much as a connection.
import type { Knex } from 'knex';
import {
  addFieldToModel,
  createModel,
  createTenant,
  dropFieldFromModel,
  dropTenant,
  withTenant,
  type FieldSpec,
  type ModelSpec,
} from '../../lib';
import { columnsOf, readTable, tablesOf } from '../support/catalog';
import { quiet } from '../support/log';
import { connect, freshOrg } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { countedConnect } from '../support/round-trips';

const db = connect();
const options = { logger: quiet };
const id: FieldSpec = { name: 'id', type: 'Int' };

async function freshTenant(): Promise<string> {
  const org = freshOrg();
  await createTenant(org, db, options);
  return org;
}

/** A model with `name` where `where` says. */
const POSITIONS: Record<string, (name: string) => ModelSpec> = {
  'a table': (name) => ({ table: name, fields: [id] }),
  'a field': (name) => ({ table: 'm', fields: [{ name, type: 'Int' }] }),
  'an index': (name) => ({ table: 'm', fields: [id], indexes: [{ columns: ['id'], name }] }),
  'a column of an index': (name) => ({ table: 'm', fields: [id], indexes: [{ columns: [name] }] }),
  'a referenced schema': (name) => withReference({ schema: name }),
  'a referenced table': (name) => withReference({ table: name }),
  'a referenced column': (name) => withReference({ column: name }),
  'a column of a foreign key': (name) => withForeignKey(name, 'id'),
  'a referenced column of a foreign key': (name) => withForeignKey('id', name),
};

function withReference(part: Partial<NonNullable<FieldSpec['references']>>): ModelSpec {
  const references = { schema: 'public', table: 't', column: 'id', onDelete: 'CASCADE' as const, ...part };
  return { table: 'm', fields: [{ name: 'a', type: 'Int', references }] };
}

function withForeignKey(column: string, target: string): ModelSpec {
  const references = { schema: 'public', table: 't', columns: [target], onDelete: 'CASCADE' as const };
  return { table: 'm', fields: [id], foreignKeys: [{ columns: [column], references }] };
}

/** Expects a name to be refused wherever a name can stand. */
async function expectRefusedEverywhere(name: unknown): Promise<void> {
  const wire = countedConnect();
  const refusals: [string, Promise<unknown>][] = [
    ['org', createModel(name as string, { table: 'm', fields: [id] }, wire.db, options)],
    ['org of addField', addFieldToModel(name as string, 'm', id, wire.db, options)],
    ['org of dropField', dropFieldFromModel(name as string, 'm', 'id', wire.db, options)],
    ['org of withTenant', withTenant(name as string, wire.db, async () => {}, options)],
    ['org of createTenant', createTenant(name as string, wire.db, options)],
    ['table of addField', addFieldToModel('acme', name as string, id, wire.db, options)],
    ['table of dropField', dropFieldFromModel('acme', name as string, 'id', wire.db, options)],
    ['column of dropField', dropFieldFromModel('acme', 'm', name as string, wire.db, options)],
    ...Object.entries(POSITIONS)
      // An index may be without a name, and a reference without a schema: it is the org's then, and written so.
      .filter(
        ([where]) => (name !== undefined && name !== null) || !['an index', 'a referenced schema'].includes(where),
      )
      .map(([where, model]): [string, Promise<unknown>] => [
        where,
        createModel('acme', model(name as string), wire.db, options),
      ]),
  ];
  for (const [where, refused] of refusals) {
    const { code, retryScope } = await migrationError(refused);
    expect({ where, code, retryScope }).toEqual({
      where,
      code: expect.stringMatching(/^INVALID_(SPEC|IDENTIFIER)$/),
      retryScope: 'none',
    });
  }
  expect(wire.opened()).toBe(0);
}

describe("schema '', null, undefined: no schema, so another tenant's table perhaps", () => {
  it.each(['', null, undefined, 0, {}, []])('refuses %j', async (name) => {
    await expectRefusedEverywhere(name);
  });
});

describe('a.b, a as b, *, a[1]z: split, aliased, bare, cut', () => {
  it.each([
    'a.b',
    '.',
    'a as b',
    'a AS b',
    '*',
    'a.*',
    'a[1]z',
    'a"b',
    "a'b",
    'a;b',
    'a b',
    'a\nb',
    'a\0b',
    'a\u200bb',
  ])('refuses %j', async (name) => {
    await expectRefusedEverywhere(name);
  });
});

describe("' pad ': trimmed, so that two names collide", () => {
  it.each([' pad ', ' pad', 'pad ', '\u00a0pad', 'pad\t'])('refuses %j', async (name) => {
    await expectRefusedEverywhere(name);
  });
});

describe('a?b: becomes a$1b', () => {
  it('refuses a question mark', async () => {
    await expectRefusedEverywhere('a?b');
  });

  it('keeps a dollar sign', async () => {
    const org = await freshTenant();
    await createModel(org, { table: 'a$1b', fields: [{ name: 'c$2', type: 'Int' }] }, db, options);
    await addFieldToModel(org, 'a$1b', { name: '$$'.replace('$', '_'), type: 'Int' }, db, options);
    expect(await columnsOf(db, org, 'a$1b')).toEqual(['c$2', '_$']);
  });
});

describe('over 63 bytes: cut silently, so that two long names collide', () => {
  // Three bytes a character.
  const bytes63 = '請求書顧客商品在庫発送支払税金割引合計備考担';

  it('keeps a name of 63 bytes in a three-byte script', async () => {
    expect(Buffer.byteLength(bytes63.slice(0, 21))).toBe(63);
    const name = bytes63.slice(0, 21);
    const org = await freshTenant();
    const fields: FieldSpec[] = [id, { name, type: 'Enum', values: ['a'], unique: true }];
    await createModel(org, { table: name, fields, indexes: [{ columns: [name] }] }, db, options);
    expect(await tablesOf(db, org)).toEqual([name]);
    expect(await columnsOf(db, org, name)).toEqual(['id', name]);
    await addFieldToModel(org, name, { name: name.slice(1), type: 'Int' }, db, options);
    await dropFieldFromModel(org, name, name, db, options);
    expect(await columnsOf(db, org, name)).toEqual(['id', name.slice(1)]);
  });

  it.each([
    ['64 bytes in a three-byte script', `${bytes63.slice(0, 21)}x`],
    ['66 bytes in a three-byte script', bytes63.slice(0, 22)],
    ['64 letters', 'a'.repeat(64)],
    ['22 characters, 66 bytes', 'あ'.repeat(22)],
  ])('refuses a name of %s', async (_what, name) => {
    await expectRefusedEverywhere(name);
  });

  it('says how long the name is, and refuses two names that differ only past byte 63', async () => {
    for (const end of ['a', 'b']) {
      const refused = createModel('acme', { table: 'x'.repeat(63) + end, fields: [id] }, db, options);
      expect((await migrationError(refused)).message).toContain('is 64 bytes in UTF-8, PostgreSQL allows 63');
    }
  });

  it('makes an org of 63 bytes, and its tables are in it', async () => {
    const start = freshOrg();
    const org = start + 'o'.repeat(63 - start.length);
    await createTenant(org, db, options);
    try {
      await createModel(org, { table: 't'.repeat(63), fields: [id] }, db, options);
      expect(await tablesOf(db, org)).toEqual(['t'.repeat(63)]);
    } finally {
      await db.raw('drop schema ?? cascade', [org]);
    }
  });
});

describe('generated constraint names: folded, never cut, and colliding', () => {
  async function names(org: string): Promise<string[]> {
    const { rows } = await db.raw(
      `select relname::text as name from pg_class where relnamespace = to_regnamespace(quote_ident(:org)) and relkind = 'i'
       union all select conname from pg_constraint
         where connamespace = to_regnamespace(quote_ident(:org)) and contype in ('f', 'c')
       order by name`,
      { org },
    );
    return (rows as { name: string }[]).map(({ name }) => name);
  }

  /** A unique, an index, a check and a foreign key on each field. */
  function everything(org: string, table: string, ...columns: string[]): ModelSpec {
    const references = { schema: org, table: 'target', column: 'id', onDelete: 'SET NULL' as const };
    return {
      table,
      fields: columns.map((name) => ({ name, type: 'Enum', values: ['a'], unique: true, references })),
      indexes: columns.map((name) => ({ columns: [name] })),
    };
  }

  it.each([
    ['(a_b, c) against (a, b_c)', ['a_b', 'c'], ['a', 'b_c']],
    ['letters of either case', ['A', 'b'], ['a', 'B']],
    ['a hyphen against an underscore', ['a-b', 'c'], ['a_b', 'c']],
    ['tables that differ in byte 63', [`${'t'.repeat(62)}1`, 'c'], [`${'t'.repeat(62)}2`, 'c']],
    ['columns that differ in byte 63', ['t', `${'c'.repeat(62)}1`], ['t2', `${'c'.repeat(62)}2`]],
    ['a three-byte script', ['請'.repeat(21), 'あ'.repeat(21)], ['請'.repeat(20), 'あ'.repeat(20)]],
  ])('keeps apart %s', async (_what, first, second) => {
    const org = await freshTenant();
    await createModel(org, { table: 'target', fields: [{ name: 'id', type: 'Text' }] }, db, options);
    await createModel(org, everything(org, first[0] ?? '', first[1] ?? ''), db, options);
    await createModel(org, everything(org, second[0] ?? '', second[1] ?? ''), db, options);
    const all = await names(org);
    // The key of the target, and of both models a unique, an index, a check and a foreign key.
    expect(all).toHaveLength(1 + 2 * 4);
    expect(new Set(all).size).toBe(all.length);
    for (const name of all) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  });

  it('keeps apart two columns of one table that differ in byte 63, also when they are added later', async () => {
    const org = await freshTenant();
    await createModel(org, { table: 'target', fields: [{ name: 'id', type: 'Text' }] }, db, options);
    const columns = ['1', '2', '3'].map((end) => 'c'.repeat(62) + end);
    const { fields, ...model } = everything(org, 't'.repeat(63), ...columns);
    const first = { ...model, fields: fields.slice(0, 2), indexes: model.indexes?.slice(0, 2) };
    await createModel(org, first, db, options);
    for (const field of fields.slice(2)) await addFieldToModel(org, model.table, field, db, options);
    expect(await columnsOf(db, org, model.table)).toEqual(columns);
    // Of each column a unique, a check and a foreign key, and an index of two; and the key of the target.
    const all = await names(org);
    expect(all).toHaveLength(1 + 3 * 3 + 2);
    expect(new Set(all).size).toBe(all.length);
  });

  it('gives the same name again, so that a table that was dropped can come back', async () => {
    const [one, other] = [await freshTenant(), await freshTenant()];
    for (const org of [one, other]) {
      await createModel(org, { table: 'target', fields: [{ name: 'id', type: 'Text' }] }, db, options);
      await createModel(org, everything(org, 'Invoice-2', 'no_', 'Ärger'), db, options);
    }
    expect(await names(one)).toEqual(await names(other));
  });
});

describe("references('s.p.id'), inTable('x') under withSchema, references() without inTable()", () => {
  const fieldTo = (schema: string, table: string): FieldSpec => ({
    name: 'ref',
    type: 'Int',
    references: { schema, table, column: 'id', onDelete: 'CASCADE' },
  });

  it('refers to the table of the schema that is named, not to one of that name in the search_path', async () => {
    const org = await freshTenant();
    const shared = await freshTenant();
    const decoy = await freshTenant();
    for (const schema of [org, shared, decoy]) {
      await createModel(schema, { table: 'customer', fields: [id] }, db, options);
    }
    const misled = connect({ searchPath: [decoy] });
    const both = { ...options, sharedSchemas: [shared] };
    const fields = [fieldTo(org, 'customer'), { ...fieldTo(shared, 'customer'), name: 'shared' }];
    await createModel(org, { table: 'created', fields }, misled, both);
    await createModel(org, { table: 'altered', fields: [id] }, misled, both);
    for (const field of fields) await addFieldToModel(org, 'altered', field, misled, both);
    for (const table of ['created', 'altered']) {
      const keys = (await readTable(db, org, table))?.foreignKeys ?? [];
      expect(Object.fromEntries(keys.map(({ columns, references }) => [columns[0], references]))).toEqual({
        ref: expect.objectContaining({ schema: org, table: 'customer', columns: ['id'], onDelete: 'CASCADE' }),
        shared: expect.objectContaining({ schema: shared, table: 'customer', columns: ['id'], onDelete: 'CASCADE' }),
      });
    }
    expect(await tablesOf(db, decoy)).toEqual(['customer']);
  });

  it('refers to a table and a column whose names hold no dot but all else that is allowed', async () => {
    const org = await freshTenant();
    await createModel(org, { table: 'Kunde-$1', fields: [{ name: 'Nr-$_ä', type: 'Int', unique: true }] }, db, options);
    const references = { schema: org, table: 'Kunde-$1', column: 'Nr-$_ä', onDelete: 'RESTRICT' as const };
    await createModel(org, { table: 'm', fields: [{ name: 'k', type: 'Int', references }] }, db, options);
    await addFieldToModel(org, 'm', { name: 'l', type: 'Int', references }, db, options);
    const target = { schema: org, table: 'Kunde-$1', columns: ['Nr-$_ä'], onDelete: 'RESTRICT' };
    expect((await readTable(db, org, 'm'))?.foreignKeys).toMatchObject([
      { references: target },
      { references: target },
    ]);
  });

  it('refers to the org where no schema is named, whatever the search_path', async () => {
    const [org, decoy] = [await freshTenant(), await freshTenant()];
    for (const schema of [org, decoy]) await createModel(schema, { table: 'customer', fields: [id] }, db, options);
    const misled = connect({ searchPath: [decoy] });
    for (const [index, schema] of [undefined, null].entries()) {
      const references = { schema, table: 'customer', column: 'id' } as never;
      const fields = [{ name: 'ref', type: 'Int', references } as const];
      await createModel(org, { table: `created${index}`, fields }, misled, options);
      const [key] = (await readTable(db, org, `created${index}`))?.foreignKeys ?? [];
      expect(key?.references.schema).toBe(org);
    }
  });

  it('refuses a reference that does not say its table and column', async () => {
    const wire = countedConnect();
    const whole = { schema: 'public', table: 't', column: 'id', onDelete: 'CASCADE' };
    for (const part of ['table', 'column']) {
      const references = { ...whole, [part]: undefined } as never;
      const refused = createModel('acme', { table: 'm', fields: [{ ...id, references }] }, wire.db, options);
      expect(await migrationError(refused)).toMatchObject({
        code: 'INVALID_SPEC',
        faults: [{ path: `fields[0].references.${part}`, message: 'is missing' }],
      });
    }
    expect(wire.opened()).toBe(0);
  });
});

describe("a caller's wrapIdentifier and postProcessResponse", () => {
  const snake = (text: string): string => text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const mapped: Knex.Config = {
    wrapIdentifier: (name, original) => original(snake(name)),
    postProcessResponse: () => [{ rewritten: 'by the caller' }],
  };

  /** The mappers really are at work: without that, the test below would show nothing. */
  async function expectAtWork(mappedDb: Knex): Promise<void> {
    expect(mappedDb('aB').toQuery()).toBe('select * from "a_b"');
    expect(await mappedDb.raw('select 1')).toEqual([{ rewritten: 'by the caller' }]);
  }

  const model = (org: string): ModelSpec => ({
    table: 'InvoiceLine',
    fields: [
      { name: 'lineId', type: 'Int', primaryKey: true },
      { name: 'unitPrice', type: 'Float', unique: true },
      {
        name: 'parentLine',
        type: 'Int',
        references: { schema: org, table: 'InvoiceLine', column: 'lineId', onDelete: 'CASCADE' },
      },
      { name: 'Kind', type: 'Enum', values: ['A'], comment: 'kindOf' },
    ],
    indexes: [{ columns: ['unitPrice', 'parentLine'], name: 'byPrice' }, { columns: ['Kind'] }],
  });

  async function expectOurNames(org: string): Promise<void> {
    expect(await tablesOf(db, org)).toEqual(['InvoiceLine']);
    expect(await readTable(db, org, 'InvoiceLine')).toMatchObject({
      columns: [{ name: 'lineId' }, { name: 'unitPrice' }, { name: 'parentLine' }, { name: 'addedLater' }],
      primaryKey: { columns: ['lineId'] },
      uniques: [{ columns: ['unitPrice'] }],
      indexes: [{ columns: ['unitPrice', 'parentLine'], name: 'byPrice' }],
      foreignKeys: [
        { columns: ['parentLine'], references: { schema: org, table: 'InvoiceLine', columns: ['lineId'] } },
      ],
    });
  }

  async function change(org: string, tenant: Knex): Promise<void> {
    const name = 'InvoiceLine';
    await createModel(org, model(org), tenant, options);
    await addFieldToModel(org, name, { name: 'addedLater', type: 'Json', default: { aB: 1 } }, tenant, options);
    await dropFieldFromModel(org, name, 'Kind', tenant, options);
  }

  it('rename nothing of ours on a Knex of its own', async () => {
    const mappedDb = connect(mapped);
    await expectAtWork(mappedDb);
    const org = freshOrg();
    await createTenant(org, mappedDb, options);
    await change(org, mappedDb);
    await expectOurNames(org);
  });

  it("rename nothing of ours in a caller's transaction", async () => {
    const org = await freshTenant();
    await connect(mapped).transaction(async (trx) => {
      await expectAtWork(trx);
      await change(org, trx);
    });
    await expectOurNames(org);
  });

  it('rename nothing of ours in withTenant, and are at work for what the callback does', async () => {
    const org = await freshTenant();
    await withTenant(
      org,
      connect(mapped),
      async (tenant) => {
        await expectAtWork(tenant);
        await change(org, tenant);
      },
      options,
    );
    await expectOurNames(org);
  });

  it('leave the errors what they are', async () => {
    const org = await freshTenant();
    const mappedDb = connect(mapped);
    await change(org, mappedDb);
    const taken = { name: 'unitPrice', type: 'Int' } as const;
    await expect(addFieldToModel(org, 'InvoiceLine', taken, mappedDb, options)).rejects.toMatchObject({
      code: 'FIELD_EXISTS',
      table: 'InvoiceLine',
      column: 'unitPrice',
    });
    await expect(addFieldToModel(org, 'NoSuchModel', taken, mappedDb, options)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      table: 'NoSuchModel',
    });
    await expect(
      mappedDb.transaction((trx) => dropFieldFromModel(org, 'InvoiceLine', 'noSuchField', trx, options)),
    ).rejects.toMatchObject({ code: 'FIELD_NOT_FOUND', column: 'noSuchField' });
    // What these are can only be told by rows that are read back as they are.
    const references = { schema: org, table: 'NoSuchModel', column: 'id', onDelete: 'CASCADE' as const };
    const orphan: FieldSpec = { name: 'orphan', type: 'Int', references };
    const refused = { code: 'REFERENCE_NOT_FOUND', table: 'InvoiceLine', column: 'orphan' };
    for (const work of [
      addFieldToModel(org, 'InvoiceLine', orphan, mappedDb, options),
      mappedDb.transaction((trx) => addFieldToModel(org, 'InvoiceLine', orphan, trx, options)),
    ]) {
      await expect(work).rejects.toMatchObject(refused);
    }
    await expect(withTenant(`${org}-missing`, mappedDb, async () => {}, options)).rejects.toMatchObject({
      code: 'TENANT_NOT_FOUND',
    });
  });

  it('keep nothing from being dropped with its tenant', async () => {
    const org = await freshTenant();
    const mappedDb = connect(mapped);
    await change(org, mappedDb);
    const { statements } = await dropTenant(org, mappedDb, { ...options, confirm: org });
    expect(statements).toEqual([expect.stringContaining('InvoiceLine'), expect.stringContaining('drop schema')]);
    await expect(createModel(org, model(org), mappedDb, options)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
  });
});
