// What a guard looks at is as new as the turn, whatever isolation level the role, the database or the server has as its default.
import { addIndex, createModel, dropFieldFromModel, withTenant, type ModelSpec } from '../../lib';
import { connect } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { until } from '../support/through-proxy';
import { tenantTest } from '../support/tenant-test';

const { db: admin, org, options } = tenantTest({ lockTimeoutMs: 15_000, retry: { maxAttempts: 1 } });
const invoice: ModelSpec = {
  table: 'invoice',
  fields: ['id', 'a', 'b'].map((name) => ({ name, type: 'Int' as const })),
};

beforeEach(async () => {
  await createModel(org, invoice, admin, options);
});

async function waitingForTurn(): Promise<boolean> {
  const { rows } = await admin.raw(
    `select from pg_locks where locktype = 'advisory' and not granted
       and (classid::bigint << 32 | objid::bigint) = hashtextextended('tenant_ddl ' || ?, 0)`,
    [org],
  );
  return rows.length > 0;
}

describe.each(['repeatable read', 'serializable'])('where %s is the default', (level) => {
  const connection = { options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}` };

  it.each(['on a Knex', 'in withTenant'])(
    'a field is not dropped with an index that came while it waited: %s',
    async (way) => {
      const db = connect({ connection });
      expect((await db.raw('show transaction_isolation')).rows).toEqual([{ transaction_isolation: level }]);
      let dropped: Promise<unknown> | undefined;
      await withTenant(
        org,
        admin,
        async (tenant) => {
          await addIndex(org, 'invoice', { columns: ['a', 'b'] }, tenant);
          dropped = migrationError(
            way === 'on a Knex'
              ? dropFieldFromModel(org, 'invoice', 'a', db, options)
              : withTenant(org, db, (own) => dropFieldFromModel(org, 'invoice', 'a', own), options),
          );
          await until(waitingForTurn);
        },
        options,
      );
      expect(await dropped).toMatchObject({ code: 'DEPENDENT_OBJECTS' });
    },
  );

  it('the callback of withTenant works at read committed', async () => {
    const db = connect({ connection });
    const shown = await withTenant(org, db, async (tenant) => tenant.raw('show transaction_isolation'), options);
    expect(shown.rows).toEqual([{ transaction_isolation: 'read committed' }]);
  });
});
