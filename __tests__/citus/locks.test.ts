// The locks of plans for Citus: what the coordinator holds at the end of each example.
import type { Knex } from 'knex';
import { allExamples } from '../../docs/examples';
import { applyChange, planChange, type Lock } from '../../lib';
import { addsIdentity, citusTables, onCitus, referenceTable } from '../support/citus';
import { inSchemas, type ExampleSchemas } from '../support/example-tables';
import { quiet } from '../support/log';
import { strongest } from '../support/observed';
import { connect } from '../support/postgres';

/** A table from before the change. */
interface Known {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
}

/** A new table also keeps the others of its schema from being dropped meanwhile, which keeps nobody from using them. */
async function locksOf(trx: Knex, known: readonly Known[]): Promise<readonly Lock[]> {
  const { rows } = await trx.raw<{ rows: { oid: number; mode: Lock['mode'] }[] }>(
    `select relation::int as oid, mode from pg_locks
     where pid = pg_backend_pid() and granted and locktype = 'relation' and mode <> 'AccessShareLock'`,
  );
  const locks = rows.flatMap(({ oid, mode }) =>
    known.filter((each) => each.oid === oid).map(({ schema, table }) => ({ schema, table, mode })),
  );
  return strongest(locks);
}

onCitus('each example of each operation', () => {
  let db: Knex;
  let schemas: ExampleSchemas;
  let known: readonly Known[];
  beforeAll(async () => {
    db = connect();
    schemas = await citusTables(db, await referenceTable(db), 20);
    const { rows } = await db.raw(
      `select c.oid::int, nspname as schema, relname as "table" from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r' and nspname = any(?)`,
      [Object.values(schemas)],
    );
    known = rows as Known[];
  });

  it.each(allExamples().filter(({ change }) => !addsIdentity(change)))(
    '$kind, $variant',
    async ({ change: example }) => {
      const { org, shared } = schemas;
      const change = inSchemas(example, schemas);
      const options = { sharedSchemas: [shared] };
      const trx = await db.transaction();
      try {
        await applyChange(org, change, trx, { ...options, logger: quiet });
        const { steps } = planChange(org, change, { ...options, citus: true });
        expect(await locksOf(trx, known)).toEqual(strongest(steps.flatMap((step) => step.locks)));
      } finally {
        await trx.rollback();
      }
    },
  );
});
