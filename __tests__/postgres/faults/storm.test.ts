// Many callbacks at once that write to a table and then alter it: each holds the others up, until they take turns from the start.
import { addFieldToModel, createModel, createTenant, withTenant } from '../../../lib';
import type { TenantOptions } from '../../../lib';
import { columnsOf } from '../../support/through-proxy';
import { quiet } from '../../support/log';
import { connect, freshOrg } from '../../support/postgres';

const CALLS = 20;
const db = connect({ pool: { min: 0, max: CALLS } });

async function storm(options: TenantOptions): Promise<{ runs: number; org: string }> {
  const org = freshOrg();
  await createTenant(org, db, { logger: quiet });
  await createModel(org, { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] }, db, { logger: quiet });
  let runs = 0;
  const calls = Array.from({ length: CALLS }, (_, index) =>
    withTenant(
      org,
      db,
      async (tenant) => {
        runs += 1;
        await tenant('invoice').insert({ id: index });
        await addFieldToModel(org, 'invoice', { name: `f${index}`, type: 'Int' }, tenant);
      },
      { logger: quiet, ...options },
    ),
  );
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(await columnsOf(db, org)).toHaveLength(CALLS + 1);
  return { runs, org };
}

it('all end well within the default attempts', () => storm({}));

it('all end well in one attempt each where they take their turn at the start', async () => {
  expect(await storm({ turn: 'start', lockTimeoutMs: 10_000, retry: { maxAttempts: 1 } })).toMatchObject({
    runs: CALLS,
  });
});
