// What the option `hazards` does about a plan that can hurt, and when a hazard counts.
import {
  applyChange,
  applyChanges,
  createModel,
  createModels,
  createTenant,
  dropTenant,
  planChange,
  withTenant,
  type Change,
  type ChangeOptions,
  type HazardKind,
} from '../../lib';
import { HAZARD_KINDS } from '../../lib/plan/plan';
import { readTable, tablesOf, type CatalogTable } from '../support/catalog';
import { recordedLog } from '../support/log';
import { freshOrg } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { countedConnect } from '../support/round-trips';
import { tenantTest } from '../support/tenant-test';

const { db, sent } = countedConnect();

/** What all tenants share. */
const shared = freshOrg('shared');
const sharedSchemas = [shared];
const { org, options } = tenantTest({ sharedSchemas }, db);

/** A loss of data comes true in a row, and has tests of its own. */
type Kind = Exclude<HazardKind, 'dataLoss'>;

beforeEach(() => db.raw('create schema :shared:; create table :shared:.currency (id int primary key)', { shared }));

afterEach(() => db.raw('drop schema ?? cascade', [shared]));

/** One of each kind, which succeeds on a table of one row where it is allowed. */
const HAZARDS: Readonly<Record<Kind, Change>> = {
  rewrite: { kind: 'addField', table: 'invoice', field: { name: 'token', type: 'Uuid', default: { fn: 'uuid' } } },
  scan: { kind: 'addField', table: 'invoice', field: { name: 'tone', type: 'Enum', values: ['a'] } },
  notNullWithoutDefault: {
    kind: 'addField',
    table: 'invoice',
    field: { name: 'title', type: 'Text', nullable: false },
  },
  uniqueBuild: { kind: 'addField', table: 'invoice', field: { name: 'slug', type: 'String', unique: true } },
  indexBuild: { kind: 'addIndex', table: 'invoice', columns: ['amount'] },
  rename: { kind: 'renameField', table: 'invoice', column: 'amount', to: 'total' },
  sharedLock: {
    kind: 'addField',
    table: 'invoice',
    field: {
      name: 'currency',
      type: 'Int',
      references: { schema: shared, table: 'currency', column: 'id', onDelete: 'RESTRICT' },
    },
  },
  noKey: { kind: 'createModel', table: 'note', fields: [{ name: 'text', type: 'Text' }] },
  indexSize: {
    kind: 'createModel',
    table: 'note',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'text', type: 'Text' },
    ],
    indexes: [{ columns: ['text'] }],
  },
};
const kinds = (Object.keys(HAZARD_KINDS) as HazardKind[]).filter((kind): kind is Kind => kind !== 'dataLoss');
const onRows = kinds.filter((kind) => HAZARD_KINDS[kind].onRowsOnly);

beforeEach(async () => {
  const fields = [
    { name: 'id', type: 'Int' },
    { name: 'amount', type: 'Int' },
  ] as const;
  await createModels(
    org,
    [
      { table: 'invoice', fields: [...fields] },
      { table: 'customer', fields: [...fields] },
    ],
    db,
    options,
  );
  // Rows of another table, and of the table of another org, are none of this one's.
  await db('customer').withSchema(org).insert({ id: 1 });
});

async function addRow(): Promise<void> {
  await db('invoice').withSchema(org).insert({ id: 1 });
}

const read = (): Promise<CatalogTable | undefined> => readTable(db, org, 'invoice');

/** The records of hazards that a change leaves. */
async function warnings(change: Change, given: ChangeOptions = {}): Promise<Record<string, unknown>[]> {
  const { logger, records } = recordedLog();
  await applyChange(org, change, db, { ...options, logger, ...given });
  return records().filter(({ message }) => message === 'HAZARD');
}

describe.each(kinds)('%s', (kind) => {
  const change = HAZARDS[kind];
  const always = !HAZARD_KINDS[kind].onRowsOnly;

  it('is a hazard of its example', () => {
    expect(planChange('acme-corp', change, { sharedSchemas }).hazards.map((hazard) => hazard.kind)).toEqual([kind]);
  });

  it.each([['refuse' as const], [{ [kind]: 'refuse' as const }]])(
    'is refused by %j, and nothing is changed',
    async (hazards) => {
      await addRow();
      const before = await read();
      const error = await migrationError(applyChange(org, change, db, { ...options, hazards }));
      const [hazard] = planChange(org, change, { sharedSchemas }).hazards;
      expect(error).toMatchObject({ code: 'HAZARD_REFUSED', org, table: change.table, retryScope: 'none' });
      expect(error.message).toContain(hazard?.message);
      expect(error.message).toContain(hazard?.saferWay);
      expect(error.message).toContain(kind);
      expect(await read()).toEqual(before);
    },
  );

  it('is warned of when it has come true, with the safer way', async () => {
    if (kind !== 'notNullWithoutDefault') await addRow();
    const [hazard] = planChange(org, change, { sharedSchemas }).hazards;
    const found = await warnings(change);
    // Where it can come true, this one fails: there is nothing left to warn of.
    const expected = kind === 'notNullWithoutDefault' ? [] : [hazard];
    expect(found).toMatchObject(
      expected.map((one) => ({
        level: 'warn',
        org,
        table: change.table,
        kind,
        reason: one?.message,
        saferWay: one?.saferWay,
      })),
    );
  });

  it('is not mentioned where it is allowed', async () => {
    if (kind !== 'notNullWithoutDefault') await addRow();
    expect(await warnings(change, { hazards: 'allow' })).toEqual([]);
    expect(await read()).not.toBeUndefined();
  });

  it(`counts ${always ? 'always' : 'only where the table has rows'}`, async () => {
    if (always) {
      expect(await migrationError(applyChange(org, change, db, { ...options, hazards: 'refuse' }))).toMatchObject({
        code: 'HAZARD_REFUSED',
      });
      expect(await warnings(change)).toHaveLength(1);
    } else {
      const before = await read();
      expect(await warnings(change, { hazards: { [kind]: 'refuse' } })).toEqual([]);
      expect(await read()).not.toEqual(before);
    }
  });

  it('is left to the other kinds where another one is refused', async () => {
    await addRow();
    const others = Object.fromEntries(
      kinds.filter((other) => other !== kind).map((other) => [other, 'refuse' as const]),
    );
    if (kind === 'notNullWithoutDefault') {
      const error = await migrationError(applyChange(org, change, db, { ...options, hazards: others }));
      expect(error.code).toBe('NOT_NULL_VIOLATION');
    } else {
      expect(await warnings(change, { hazards: others })).toMatchObject([{ kind }]);
    }
  });

  it('costs no round trip', async () => {
    const trips = async (hazards: 'refuse' | 'warn' | 'allow'): Promise<number> => {
      const before = sent.length;
      await db
        .transaction(async (trx) => {
          await applyChange(org, change, trx, { ...options, hazards });
          await trx.rollback();
        })
        .catch(() => undefined);
      return sent.length - before;
    };
    const without = await trips('allow');
    expect(await trips('warn')).toBe(without);
    if (!always) expect(await trips('refuse')).toBe(without);
  });
});

it('is asked for at once: a rename that is refused sends nothing', async () => {
  const before = sent.length;
  await migrationError(applyChange(org, HAZARDS.rename, db, { ...options, hazards: 'refuse' }));
  expect(sent).toHaveLength(before);
});

it.each(onRows)("leaves a caller's transaction usable: %s", async (kind) => {
  await addRow();
  await db.transaction(async (trx) => {
    const refused = applyChange(org, HAZARDS[kind], trx, { ...options, hazards: 'refuse' });
    expect(await migrationError(refused)).toMatchObject({ code: 'HAZARD_REFUSED' });
    await trx('customer').withSchema(org).insert({ id: 2 });
  });
  expect(await db('customer').withSchema(org).count()).toEqual([{ count: '2' }]);
});

it('is inherited from withTenant, and overruled by the call', async () => {
  await addRow();
  await withTenant(
    org,
    db,
    async (tenant) => {
      expect(await migrationError(applyChange(org, HAZARDS.rewrite, tenant))).toMatchObject({ code: 'HAZARD_REFUSED' });
      await applyChange(org, HAZARDS.rewrite, tenant, { hazards: 'allow' });
    },
    { ...options, hazards: 'refuse' },
  );
  expect((await read())?.columns.map(({ name }) => name)).toContain('token');
});

it('warns of nothing that was undone', async () => {
  await addRow();
  const { logger, records } = recordedLog();
  const failing = withTenant(
    org,
    db,
    async (tenant) => {
      await applyChange(org, HAZARDS.rewrite, tenant);
      throw new Error('hook');
    },
    { logger },
  );
  await expect(failing).rejects.toThrow('hook');
  expect(records().filter(({ message }) => message === 'HAZARD')).toEqual([]);
});

it('refuses a list as a whole, and names the change at fault', async () => {
  await addRow();
  const list: Change[] = [
    { kind: 'createModel', table: 'line', fields: [{ name: 'id', type: 'Int' }] },
    HAZARDS.scan,
    HAZARDS.rewrite,
  ];
  const error = await migrationError(applyChanges(org, list, db, { ...options, hazards: { rewrite: 'refuse' } }));
  expect(error).toMatchObject({ code: 'HAZARD_REFUSED', table: 'invoice', column: 'token' });
  expect(await tablesOf(db, org)).toEqual(['customer', 'invoice']);
});

it('does not count on a table that the list itself creates', async () => {
  const list: Change[] = [
    { kind: 'createModel', table: 'line', fields: [{ name: 'id', type: 'Int' }] },
    { kind: 'addIndex', table: 'line', columns: ['id'] },
    { kind: 'renameField', table: 'line', column: 'id', to: 'no' },
  ];
  await applyChanges(org, list, db, { ...options, hazards: 'refuse' });
  expect(await tablesOf(db, org)).toContain('line');
});

it('is looked for in a list of any length', async () => {
  const list = Array.from({ length: 101 }, (_item, at): Change => {
    return { kind: 'addIndex', table: 'invoice', columns: ['id'], name: `index_${at}` };
  });
  for (const hazards of ['refuse', 'warn'] as const) {
    const ran = withTenant(
      org,
      db,
      async (tenant) => {
        await applyChanges(org, list, tenant, { ...options, hazards });
        throw new Error('undone');
      },
      options,
    );
    await expect(ran).rejects.toThrow('undone');
  }
});

it('does not hide that the table is not there', async () => {
  for (const hazards of ['refuse', 'warn', 'allow'] as const) {
    const change: Change = { kind: 'addIndex', table: 'gone', columns: ['id'] };
    expect(await migrationError(applyChange(org, change, db, { ...options, hazards }))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      table: 'gone',
    });
  }
});

it('keeps nothing from a call that has no plan: a tenant is created and dropped where all hazards are refused', async () => {
  const refusing = { ...options, hazards: 'refuse' } as const;
  const tenant = freshOrg();
  await createTenant(tenant, db, refusing);
  await createModel(tenant, { table: 'm', fields: [{ name: 'id', type: 'Int' }] }, db, refusing);
  await dropTenant(tenant, db, { ...refusing, confirm: tenant });
  const fields = [{ name: 'id', type: 'Int' }] as const;
  const error = await migrationError(createModel(tenant, { table: 'm', fields }, db, refusing));
  expect(error).toMatchObject({ code: 'TENANT_NOT_FOUND' });
});
