import type { Knex } from 'knex';
import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationError } from '../../lib';
import { findTask } from './tenants';
import type { Found } from './tenants';
import type { Outcome } from './task';
import { wordsOf } from './task';

/** Sessions of the services bear this name. */
export const SERVICE_NAME = 'chaos-service';

/** Whatever of a round's outcome breaks a promise, in words; nothing, if all is well. */
export async function violationsOf(
  admin: Knex,
  services: readonly Knex[],
  outcomes: readonly Outcome[],
  known: Known,
): Promise<string[]> {
  const leaks = await leaksOf(admin, services);
  const found = await Promise.all(outcomes.map(({ task }) => findTask(admin, task)));
  return [...outcomes.flatMap((outcome, index) => wrongIn(outcome, found[index] as Found, known)), ...leaks];
}

/** What a server can know of a lost COMMIT. */
export interface Known {
  /** One that crashed (or has a pooler before it, and was restarted) may not know what became of a COMMIT. */
  readonly forgets?: boolean;
  /** A coordinator of Citus leaves the decision to the worker where only rows of one tenant were changed. */
  readonly workerDecidesRows?: boolean;
}

/** What of a task is not as its caller was told. */
export function wrongIn(given: Outcome, found: Found, { forgets, workerDecidesRows }: Known = {}): string[] {
  const isForWorker =
    workerDecidesRows === true &&
    given.task.mode === 'withTenant' &&
    (given.task.change === 'rows only' || !given.changed);
  const isUnknown =
    (forgets === true || isForWorker) &&
    (given.error as { readonly code?: unknown } | undefined)?.code === 'OUTCOME_UNKNOWN';
  const outcome: Outcome = isUnknown ? { ...given, told: 'doubt' } : given;
  const { task, told, error, violations } = outcome;
  const wrong = [...violations];
  const check = (holds: boolean, words: string): void => {
    if (!holds) wrong.push(`${task.id}: ${words}; found ${JSON.stringify(found)}, told ${told}: ${wordsOf(error)}`);
  };

  const { applied, metadata, notes } = expected(outcome, found);
  check(task.change === 'rows only' || found.applied === applied, `the change should ${applied ? '' : 'not '}be there`);
  check(found.metadata === metadata, `there should be ${metadata} row(s) of metadata`);
  check(found.notes === notes, `there should be ${notes} note(s)`);

  const { code, sqlState, retryScope } = (error ?? {}) as Readonly<Record<string, unknown>>;
  // Every fault has a name of its own, or can be cured.
  const isNamed = code !== 'DATABASE_ERROR' || sqlState !== undefined || retryScope !== 'none';
  check(isNamed || task.swallows === 'a statement', 'a failure that nobody recognised');
  check(code !== 'OUTCOME_UNKNOWN' || isUnknown, 'the server could have said what became of it');
  if (task.swallows === 'a statement')
    check(told !== 'success', 'a transaction that was rolled back was told as success');
  else check(code !== '25P02' && sqlState !== '25P02', 'a failed change left the transaction unusable');
  if (task.mode === 'bare Knex') check(told === 'success' || error instanceof MigrationError, 'not a MigrationError');
  if (task.mode !== 'callers transaction' && task.change !== 'rows only') {
    check(outcome.logged === (applied && !isUnknown ? 1 : 0), `the log says ${outcome.logged} times that it ran`);
  }
  return wrong;
}

/** What has to be there, by what the caller was told; where its own COMMIT was lost, all of it or nothing. */
function expected({ task, told, changed }: Outcome, found: Found): Found {
  const committed = told === 'doubt' ? found.notes > 0 : told === 'success';
  const isDoubtOfOne = told === 'doubt' && task.mode === 'bare Knex';
  const applied = isDoubtOfOne ? found.applied : committed && changed;
  if (task.mode === 'bare Knex') return { applied, metadata: task.change === 'dropField' ? 1 : 0, notes: 0 };
  const metadata = task.change === 'dropField' ? !applied : applied;
  return { applied, metadata: Number(metadata), notes: Number(committed) };
}

/** What is just going away is given a moment: a backend whose client is gone may still wait for a lock. */
async function leaksOf(admin: Knex, services: readonly Knex[]): Promise<string[]> {
  const deadline = Date.now() + 3000;
  for (;;) {
    const leaks = await leaksNow(admin, services);
    if (leaks.length === 0 || Date.now() > deadline) return leaks;
    await sleep(5);
  }
}

async function leaksNow(admin: Knex, services: readonly Knex[]): Promise<string[]> {
  const { rows } = await admin.raw(
    `select 'session ' || pid || ' is ' || coalesce(state, 'of no state') || ': ' || left(query, 80) as leak
       from pg_stat_activity where application_name = :name and state is distinct from 'idle'
     union all select 'lock ' || mode || ' on ' || locktype from pg_locks join pg_stat_activity using (pid)
       where application_name = :name and granted`,
    { name: SERVICE_NAME },
  );
  const held = services.flatMap((db, index) => {
    const count: number = db.client.pool.numUsed() + db.client.pool.numPendingAcquires();
    return count > 0 ? [`the pool of service ${index} misses ${count} connection(s)`] : [];
  });
  return [...rows.map(({ leak }: { leak: string }) => leak), ...held];
}
