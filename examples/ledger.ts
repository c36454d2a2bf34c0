import type { Knex } from 'knex';

/** Where tenant-ddl writes down rollouts, and online changes that are not finished. */
const LEDGER = 'tenant_ddl';

/** The name of the rollout of the demo. */
export const ROLLOUT = 'demo invoice.status';

export async function hasLedger(db: Knex): Promise<boolean> {
  return (await db('pg_namespace').withSchema('pg_catalog').where({ nspname: LEDGER }).first('oid')) !== undefined;
}

/** A ledger that was there before loses the rollout of the demo; one that was not is dropped. */
export async function forget(db: Knex, hadLedger: boolean): Promise<void> {
  if (!hadLedger) return void (await db.raw('drop schema if exists ?? cascade', [LEDGER]));
  if (!(await db.schema.withSchema(LEDGER).hasTable('rollout'))) return;
  const ours = (): Knex.QueryBuilder => db('rollout').withSchema(LEDGER).where({ name: ROLLOUT });
  await db('rollout_tenant').withSchema(LEDGER).whereIn('rollout', ours().select('id')).delete();
  await ours().delete();
}
