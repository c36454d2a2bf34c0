import type { Knex } from 'knex';
import { pauseRollout, resumeRollout, rollOut, rolloutStatus, type Change, type RolloutStatus } from 'tenant-ddl';
import { NotFound } from './errors';
import { own } from './metadata';
import { writeChange } from './metadata-changes';
import { OPTIONS } from './quiet';

/** What the page shows of a rollout: the ledger answers, whichever process is at it. */
export interface RolloutView extends RolloutStatus {
  readonly changes: readonly Change[];
  readonly tenants: readonly { readonly org: string; readonly outcome: string }[];
}

interface LedgerRow {
  readonly id: number;
  readonly name: string;
  readonly changes: string;
}

const LEDGER = 'tenant_ddl';
/** More tenants than this are shown by their number alone. */
const SHOWN = 400;

export async function rolloutNames(db: Knex): Promise<readonly string[]> {
  if (!(await db.schema.withSchema(LEDGER).hasTable('rollout'))) return [];
  return (await db('rollout').withSchema(LEDGER).orderBy('id', 'desc').limit(50).pluck('name')) as string[];
}

export async function rollout(name: string, db: Knex): Promise<RolloutView> {
  const known = await db<LedgerRow>('rollout').withSchema(LEDGER).where({ name }).first();
  if (known === undefined) throw new NotFound(`There is no rollout ${name}.`);
  const tenants = await db<{ rollout: number; place: number; org: string; outcome: string }>('rollout_tenant')
    .withSchema(LEDGER)
    .where({ rollout: known.id })
    .orderBy('place')
    .limit(SHOWN)
    .select('org', 'outcome');
  return { ...(await rolloutStatus(name, db)), changes: JSON.parse(known.changes) as Change[], tenants };
}

export interface RolloutStart {
  readonly name: string;
  readonly change: Change;
  readonly perSecond?: number;
}

/** Begins a rollout over all tenants that have the model, and answers when it is in the ledger. */
export async function startRollout({ name, change, perSecond }: RolloutStart, db: Knex): Promise<void> {
  // What is wrong with the change, or with its name, is known before anything is begun.
  await new Promise<void>((resolve, reject) => {
    const onProgress = (): void => resolve();
    inBackground(name, [change], db, { onProgress, perSecond }).then(resolve, reject);
  });
}

/** Goes on with those that were under way when the service ended. */
export async function goOnWithRollouts(db: Knex): Promise<void> {
  for (const name of await rolloutNames(db)) {
    if ((await rolloutStatus(name, db)).state === 'running') goOn(name, db);
  }
}

export async function setPaused(name: string, isPaused: boolean, db: Knex): Promise<void> {
  if (isPaused) await pauseRollout(name, db);
  else {
    await resumeRollout(name, db);
    goOn(name, db);
  }
}

function goOn(name: string, db: Knex): void {
  // The ledger has its list of changes. Who waits for it already goes on as well, and nobody is changed twice.
  inBackground(name, undefined, db, {}).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
}

const stopping = new AbortController();
const underWay = new Set<Promise<void>>();

/** Lets each rollout end with the tenants in hand; they are gone on with when the service starts again. */
export async function stopRollouts(): Promise<void> {
  stopping.abort();
  await Promise.allSettled(underWay);
}

function inBackground(...args: Parameters<typeof run>): Promise<void> {
  const running = run(...args).finally(() => underWay.delete(running));
  underWay.add(running);
  return running;
}

interface Pace {
  readonly onProgress?: () => void;
  readonly perSecond?: number | undefined;
}

async function run(
  name: string,
  changes: readonly Change[] | undefined,
  db: Knex,
  { onProgress, perSecond }: Pace,
): Promise<void> {
  const [change] = changes ?? (await rollout(name, db)).changes;
  if (change === undefined) return;
  const orgs = (): Promise<string[]> =>
    own(db, 'model').where({ name: change.table }).pluck('org') as Promise<string[]>;
  const { signal } = stopping;
  await rollOut({ name, changes }, db, { ...OPTIONS, orgs, maxPerSecond: perSecond, onProgress, signal });
  await followRollout(name, change, db);
}

/** Brings the metadata after: of each tenant that the ledger says is done, once. */
async function followRollout(name: string, change: Change, db: Knex): Promise<void> {
  const written = own(db, 'history').where({ rollout: name }).select('org');
  const done = (await db('rollout_tenant')
    .withSchema(LEDGER)
    .whereIn('rollout', db('rollout').withSchema(LEDGER).where({ name }).select('id'))
    .where({ outcome: 'done' })
    .whereNotIn('org', written)
    .pluck('org')) as string[];
  for (const org of done) {
    await db.transaction((trx) => writeChange(org, change, { statements: [], rollout: name }, trx));
  }
}
