import type { Knex } from 'knex';
import type { ChangeOptions, Settings } from '../options/options';
import { settingsOf } from '../options/settings';
import { whereLedgerIs } from './ask-ledger';
import type { LedgerEntry } from './ledger';
import { setState } from './ledger-state';
import { serversIn } from './prepare-ledger';
import type { RolloutState, RolloutStatus } from './rollout-types';
import { noRolloutError, rolloutStatus } from './status';

/**
 * Pauses a rollout, from any process: each connection finishes its current tenant. A running `rollOut` then waits for
 * {@link resumeRollout} or its signal.
 *
 * @param db a Knex, or a list of them where the tenants are spread over several servers
 * @throws MigrationError INVALID_SPEC if there is no rollout of that name
 */
export async function pauseRollout(
  name: string,
  db: Knex | readonly Knex[],
  options?: ChangeOptions,
): Promise<RolloutStatus> {
  await setEverywhere(name, db, ['running'], 'paused', settingsOf(options));
  return rolloutStatus(name, db, options);
}

/**
 * Resumes a paused or stopped rollout: any waiting `rollOut` continues. If none is waiting, call `rollOut` again.
 *
 * @throws MigrationError INVALID_SPEC if there is no rollout of that name
 */
export async function resumeRollout(
  name: string,
  db: Knex | readonly Knex[],
  options?: ChangeOptions,
): Promise<RolloutStatus> {
  await setEverywhere(name, db, ['paused', 'stopped'], 'running', settingsOf(options));
  return rolloutStatus(name, db, options);
}

async function setEverywhere(
  name: string,
  db: Knex | readonly Knex[],
  from: readonly RolloutState[],
  to: RolloutState,
  settings: Settings,
): Promise<void> {
  const entries: (LedgerEntry | undefined)[] = [];
  for (const server of serversIn(db)) {
    entries.push(await whereLedgerIs(setState(server, name, from, to, undefined, settings)));
  }
  if (entries.every((entry) => entry === undefined)) throw noRolloutError(name);
}
