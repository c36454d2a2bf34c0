// A client of its own process, which makes one online change, says where it is, and is killed.
import { knex } from 'knex';
import { applyOnline, type Change } from '../../../lib';

export interface ChildTask {
  readonly url: string;
  readonly org: string;
  readonly change: Change;
}

async function main({ url, org, change }: ChildTask): Promise<void> {
  const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: 3 } });
  await applyOnline(org, change, db, {
    logger: false,
    batchMs: 1,
    onProgress: ({ number }) => process.send?.(number),
  });
  await db.destroy();
  process.exit(0);
}

// Without the harness there is nothing left to do.
process.on('disconnect', () => process.exit(1));

void main(JSON.parse(process.argv[2] ?? '') as ChildTask);
