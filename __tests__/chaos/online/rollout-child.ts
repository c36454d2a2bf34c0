// A client of its own process, which rolls changes out online, says which stage has ended, and is killed.
import { knex } from 'knex';
import { rollOut, type Change } from '../../../lib';

export interface RolloutTask {
  readonly url: string;
  readonly name: string;
  readonly changes: readonly Change[];
  readonly orgs: readonly string[];
}

async function main({ url, name, changes, orgs }: RolloutTask): Promise<void> {
  const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: 6 } });
  await rollOut({ name, changes }, db, { orgs, online: { fromRows: 100, batchMs: 1 }, canary: 0, logger: false });
  await db.destroy();
  process.exit(0);
}

// Without the harness there is nothing left to do.
process.on('disconnect', () => process.exit(1));

void main(JSON.parse(process.argv[2] ?? '') as RolloutTask);
