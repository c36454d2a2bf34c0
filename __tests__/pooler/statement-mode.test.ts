// PgBouncer in statement mode, in which no transaction is possible.
import { createModel, createTenant, withTenant } from '../../lib';
import type { ModelSpec } from '../../lib';
import { tablesOf } from '../support/catalog';
import { quiet } from '../support/log';
import { startPgBouncer } from '../support/pgbouncer';
import { connect, freshOrg, serverUrl } from '../support/postgres';
import { migrationError } from '../support/rejection';

const options = { logger: quiet };
const patient = {
  ...options,
  retry: { maxAttempts: 20, delayMs: 10, maxDelayMs: 100 },
};
const invoice: ModelSpec = {
  table: 'invoice',
  fields: [{ name: 'id', type: 'Int' }],
};

it('is refused in statement mode, at once and in clear words, and nothing is changed', async () => {
  const org = freshOrg();
  const direct = connect();
  await createTenant(org, direct, options);
  const pooler = await startPgBouncer(serverUrl(), {
    mode: 'statement',
    size: 2,
  });
  try {
    const db = connect({
      connection: { connectionString: pooler.url },
      log: { warn: () => undefined },
    });
    let attempts = 0;
    const calls = [
      () => createModel(org, invoice, db, patient),
      () =>
        withTenant(
          org,
          db,
          async (tenant) => {
            attempts += 1;
            await createModel(org, invoice, tenant);
          },
          patient,
        ),
    ];
    for (const call of calls) {
      const error = await migrationError(call());
      expect(error).toMatchObject({
        code: 'CONNECTION_LOST',
        org,
        retryScope: 'none',
      });
      expect(error.message).toMatch(/statement pooling.*settings.*pooler/s);
    }
    expect(attempts).toBeLessThanOrEqual(1);
    expect(await tablesOf(direct, org)).toEqual([]);
    await db.destroy();
  } finally {
    await pooler.stop();
  }
});
