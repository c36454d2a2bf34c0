// Changes to one tenant take turns, and changes that refer to the same tables lock them in the same order.
import { addFieldToModel, createModel, withTenant } from '../../../lib';
import type { ChangeOptions, FieldSpec } from '../../../lib';
import { quiet, recordedLog } from '../../support/log';
import { freshOrg } from '../../support/postgres';
import { migrationError } from '../../support/rejection';
import {
  columnsOf,
  COMMIT,
  connectedThrough,
  strikeOnce,
  throughProxy,
  until,
  waitingFor,
} from '../../support/through-proxy';
import type { Proxied } from '../../support/through-proxy';

// Waits as long as the test does.
const patient: ChangeOptions = { logger: quiet, lockTimeoutMs: 15_000, retry: { maxAttempts: 1 } };

let wire: Proxied;

beforeEach(async () => {
  wire = await throughProxy();
});

afterEach(() => wire.proxy.close());

async function waitingForTurn(): Promise<number> {
  const { rows } = await wire.admin.raw(
    `select count(*)::int as count from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and not granted and strpos(query, ?) > 0`,
    [wire.org],
  );
  return rows[0].count as number;
}

describe('two services that change one tenant at the same moment', () => {
  it('both succeed, one after the other', async () => {
    const { db, org, admin, proxy } = wire;
    const other = connectedThrough(proxy);
    let waiting = 0;
    void strikeOnce(proxy, COMMIT, () =>
      until(async () => {
        waiting = await waitingForTurn();
        return waiting === 1;
      }),
    );
    await Promise.all([
      addFieldToModel(org, 'invoice', { name: 'amount', type: 'Float' }, db, patient),
      withTenant(org, other, (tenant) => createModel(org, line([]), tenant), patient),
    ]);
    expect(waiting).toBe(1);
    expect(await columnsOf(admin, org)).toEqual(['id', 'amount']);
  });

  it('may both create the same model: one is told that it exists', async () => {
    const { db, org, proxy } = wire;
    const other = connectedThrough(proxy);
    void strikeOnce(proxy, COMMIT, () => until(async () => (await waitingForTurn()) === 1));
    const outcomes = await Promise.allSettled([
      createModel(org, line([]), db, patient),
      createModel(org, line([]), other, patient),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'MODEL_EXISTS', org, table: 'line' });
  });

  it('are told LOCK_TIMEOUT, with who has the turn, where it takes too long', async () => {
    const { db, org, proxy } = wire;
    const other = connectedThrough(proxy);
    const log = recordedLog();
    let pid = 0;
    await withTenant(
      org,
      db,
      async (tenant) => {
        pid = (await tenant.raw('select pg_backend_pid() as pid')).rows[0].pid as number;
        await createModel(org, line([]), tenant);
        // Long enough for a look at who has it, on a machine that is busy.
        const options = { logger: log.logger, lockTimeoutMs: 1500, retry: { maxAttempts: 1 } };
        const error = await migrationError(createModel(org, line([], 'other'), other, options));
        expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', org });
      },
      patient,
    );
    expect(log.records()).toMatchObject([
      { level: 'error', code: 'LOCK_TIMEOUT', blockedBy: [{ pid, state: 'idle in transaction' }] },
    ]);
    expect(log.records()[0]).toMatchObject({
      blockedBy: [{ applicationName: expect.any(String), ageMs: expect.any(Number) }],
    });
    // Nor is the query of whoever was in the way.
    expect(log.text()).not.toMatch(/create table|savepoint/);
  });
});

it('does not keep one tenant waiting for another', async () => {
  const { db, org, admin, proxy } = wire;
  const second = freshOrg();
  await admin.raw('create schema ??', [second]);
  await withTenant(
    org,
    db,
    async (tenant) => {
      await createModel(org, line([]), tenant);
      await createModel(second, line([]), connectedThrough(proxy), { ...patient, lockTimeoutMs: 100 });
    },
    patient,
  );
});

it('locks the tables that models refer to in one order, whatever the order of the fields', async () => {
  const { db, org, admin, proxy } = wire;
  const shared = freshOrg('shared');
  await admin.raw('create schema ??', [shared]);
  for (const table of ['city', 'country']) await admin.raw('create table ??.?? (id text primary key)', [shared, table]);
  const second = freshOrg();
  await admin.raw('create schema ??', [second]);

  const holder = await admin.transaction();
  await holder.raw('lock table ??.city in row exclusive mode', [shared]);
  const options = { ...patient, sharedSchemas: [shared] };
  const reference = (table: string): FieldSpec => {
    return { name: table, type: 'Text', references: { schema: shared, table, column: 'id', onDelete: 'RESTRICT' } };
  };
  const both = Promise.all([
    createModel(org, line([reference('city'), reference('country')]), db, options),
    createModel(second, line([reference('country'), reference('city')]), connectedThrough(proxy), options),
  ]);
  // Were one of them to have the country, and to wait for the city, the other could have the city and wait for it.
  await until(async () => (await waitingFor(admin, shared, 'city')) === 2);
  const { rows } = await admin.raw(
    `select mode from pg_locks where relation = format('%I.country', ?::text)::regclass`,
    [shared],
  );
  await holder.rollback();
  await both;
  expect(rows).toEqual([]);
});

function line(references: readonly FieldSpec[], table = 'line'): { table: string; fields: FieldSpec[] } {
  return { table, fields: [{ name: 'id', type: 'Int' }, ...references] };
}
