// A table of a shared schema is every tenant's: who locks it is told of it, and who waits for it is told its name.
import type { Knex } from 'knex';
import {
  applyChange,
  createModel,
  createTenant,
  planChange,
  withTenant,
  type Change,
  type ChangeOptions,
  type FieldSpec,
} from '../../lib';
import { startPostgres, NOT_DURABLE } from '../support/embedded-postgres';
import { tablesOf } from '../support/catalog';
import { quiet, recordedLog } from '../support/log';
import { connect, freshOrg } from '../support/postgres';
import { migrationError } from '../support/rejection';

const db = connect();

let org: string;
let shared: string;
let options: ChangeOptions;
let currency: FieldSpec;

beforeEach(async () => {
  [org, shared] = [freshOrg(), freshOrg('shared')];
  options = { logger: quiet, sharedSchemas: [shared], retry: { maxAttempts: 1 } };
  await db.raw('create schema ??', [shared]);
  await db.raw('create table ??.currency (id int primary key)', [shared]);
  await createTenant(org, db, options);
  currency = {
    name: 'currency',
    type: 'Int',
    references: { schema: shared, table: 'currency', column: 'id', onDelete: 'RESTRICT' },
  };
  await createModel(org, { table: 'bill', fields: [{ name: 'id', type: 'Int' }, currency] }, db, options);
});

const plain = { name: 'id', type: 'Int' } as const;

const CHANGES: Readonly<Record<string, (shared: string) => Change>> = {
  createModel: () => ({ kind: 'createModel', table: 'note', fields: [plain, currency] }),
  addField: () => ({ kind: 'addField', table: 'bill', field: { ...currency, name: 'other' } }),
  dropModel: (schema) => ({ kind: 'dropModel', table: 'bill', referencing: [{ schema, table: 'currency' }] }),
  dropField: (schema) => ({
    kind: 'dropField',
    table: 'bill',
    column: 'currency',
    referencing: [{ schema, table: 'currency' }],
  }),
};

it.each(Object.entries(CHANGES))(
  '%s: the plan has a hazard that names the shared table, and it can be refused',
  async (_kind, make) => {
    const change = make(shared);
    const { hazards } = planChange(org, change, { sharedSchemas: [shared] });
    expect(hazards).toMatchObject([{ kind: 'sharedLock', table: (change as { table: string }).table }]);
    expect(hazards[0]?.message).toContain(`"${shared}"."currency"`);
    const refused = await migrationError(
      applyChange(org, change, db, { ...options, hazards: { sharedLock: 'refuse' } }),
    );
    expect(refused).toMatchObject({ code: 'HAZARD_REFUSED', org });
    expect(await tablesOf(db, org)).toEqual(['bill']);
  },
);

it.each<Change>([
  { kind: 'dropModel', table: 'bill' },
  { kind: 'dropField', table: 'bill', column: 'currency' },
  { kind: 'alterField', table: 'bill', column: 'currency', set: { type: 'BigInt' } },
])('$kind is refused as well where the caller has not named what is referred to', async (change) => {
  const error = await migrationError(applyChange(org, change, db, { ...options, hazards: { sharedLock: 'refuse' } }));
  expect(error).toMatchObject({ code: 'HAZARD_REFUSED', org, table: 'bill' });
  expect(error.message).toContain(`"${shared}"."currency"`);
  await expect(
    applyChange(org, { kind: 'dropField', table: 'bill', column: 'id' }, db, {
      ...options,
      hazards: { sharedLock: 'refuse' },
    }),
  ).resolves.toBeDefined();
});

it('refuses a change of type where a table of another schema refers to the field', async () => {
  await db.raw('create table ??.fee (bill int references ??.bill (id))', [shared, org]);
  const change: Change = { kind: 'alterField', table: 'bill', column: 'id', set: { type: 'BigInt' } };
  const error = await migrationError(applyChange(org, change, db, { ...options, hazards: { sharedLock: 'refuse' } }));
  expect(error).toMatchObject({ code: 'HAZARD_REFUSED', org, table: 'bill' });
  expect(error.message).toContain(`"${shared}"."fee"`);
});

const RETYPED = { kind: 'alterField', table: 'bill', set: { type: 'BigInt' } } as const;

describe.each<[string, Change, string]>([
  ['dropModel', { kind: 'dropModel', table: 'bill' }, 'currency'],
  ['dropField', { kind: 'dropField', table: 'bill', column: 'currency' }, 'currency'],
  ['alterField', { ...RETYPED, column: 'currency' }, 'currency'],
  ['alterField of what is referred to', { ...RETYPED, column: 'id' }, 'fee'],
])('%s, with a warning', (_kind, change, table) => {
  beforeEach(async () => {
    if (table === 'fee') await db.raw('create table ??.fee (bill int references ??.bill (id))', [shared, org]);
  });

  async function warned(tenant: Knex, given: object, sharedLock: 'warn' | 'allow' = 'warn'): Promise<unknown[]> {
    const { logger, records } = recordedLog();
    await withTenant(org, tenant, (own) => applyChange(org, { ...change, ...given }, own), {
      ...options,
      logger,
      hazards: { sharedLock },
    });
    return records().filter(({ kind }) => kind === 'sharedLock');
  }

  const reason = (): string =>
    `No other tenant can read or write "${shared}"."${table}" until the transaction that changes "bill" ends.`;

  it('tells of the shared table that it finds to be locked', async () => {
    expect(await warned(db, {})).toMatchObject([{ org, table: 'bill', reason: reason() }]);
  });

  it('tells of it once where referencing names it', async () => {
    const referencing = [{ schema: shared, table }];
    expect(await warned(db, { referencing })).toMatchObject([{ org, table: 'bill', reason: reason() }]);
  });

  it('tells of none where it is allowed', async () => {
    expect(await warned(db, {}, 'allow')).toEqual([]);
  });
});

it('tells of a shared table on a plain Knex too, and of none where none is locked', async () => {
  const { logger, records } = recordedLog();
  const call = { ...options, logger };
  await applyChange(org, { kind: 'dropField', table: 'bill', column: 'id' }, db, call);
  expect(records().filter(({ level }) => level === 'warn')).toEqual([]);
  await applyChange(org, { kind: 'dropField', table: 'bill', column: 'currency' }, db, call);
  expect(records().filter(({ level }) => level === 'warn')).toMatchObject([{ kind: 'sharedLock', table: 'bill' }]);
});

it.each([10, 1000])('names the table that was waited for, with a lock timeout of %i ms', async (lockTimeoutMs) => {
  const other = freshOrg();
  await createTenant(other, db, options);
  await withTenant(
    org,
    db,
    async (tenant: Knex) => {
      await applyChange(org, { kind: 'dropModel', table: 'bill' }, tenant, options);
      const made = createModel(other, { table: 'bill', fields: [plain, currency] }, db, { ...options, lockTimeoutMs });
      const error = await migrationError(made);
      expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', org: other });
      expect(error.message).toContain(`"${shared}"."currency"`);
      expect(error.message).not.toContain(`"${other}"."bill"`);
    },
    options,
  );
});

it('names a prepared transaction that is in the way', async () => {
  const server = await startPostgres({
    major: Number(process.env.POSTGRES_MAJOR ?? 18),
    settings: { ...NOT_DURABLE, max_prepared_transactions: '2' },
  });
  const own = connect({ connection: { connectionString: server.url }, pool: { min: 1, max: 1 } });
  try {
    await createTenant('acme', own, options);
    await createModel('acme', { table: 'bill', fields: [plain] }, own, options);
    await own.raw("begin; select from acme.bill; prepare transaction 'left behind'");
    const change: Change = { kind: 'addField', table: 'bill', field: { name: 'a', type: 'Int' } };
    const error = await migrationError(applyChange('acme', change, own, { ...options, lockTimeoutMs: 1500 }));
    expect(error).toMatchObject({
      code: 'LOCK_TIMEOUT',
      blockedBy: [{ pid: 0, state: 'prepared', preparedTransaction: 'left behind' }],
    });
    expect(error.message).toMatch(/"acme"."bill", prepared as "left behind"/);
  } finally {
    await own.destroy();
    await server.stop();
  }
}, 60_000);
