import { ROLLOUTS, runTraced } from '../run/channels';
import type { TenantDb } from '../tenant/tenant-db';
import { refuseNoDb } from '../tenant/tenant-db';
import { begin, prepare, type Prepared } from './begin-rollout';
import { entryOf } from './ledger';
import type { RolloutOptions } from './rollout-options';
import { rolloutSettingsOf } from './rollout-settings';
import type { RolloutReport, RolloutSpec, RolloutStatus, RolloutTrial } from './rollout-types';
import { runRollout } from './run-rollout';
import { targetsOf } from './targets';
import { tryOut } from './trial';

/**
 * Applies one list of changes to many tenants, exactly once each, whatever fails on the way. Each tenant has its own
 * transaction, in one round trip: its turn, the changes, its row in the ledger, COMMIT. Calling it again with the same
 * name continues where the first call ended.
 *
 * With `online`, a change that would block a large table is made as `applyOnline` makes it, and the row of the
 * tenant is written with its last stage; the other changes before and after it have transactions of their own.
 *
 * First comes the canary, then the waves, in shuffled order. A tenant that fails is recorded and left unchanged; too many
 * failures stop the rollout (see `stopAfter`). It resolves even then, so read the report.
 *
 * @param spec `name`, and `changes` for every tenant without its own list; to continue, `name` alone is enough
 * @param db a Knex, or a function from an org to its Knex; not a transaction
 * @param options those of every change, and: `orgs`; `connections` 4, `canary` 1, `waves` [10, 100], `bakeMs` 0, `check`,
 *   `stopAfter` { failures: 10, ratio: 0.05, of: 100 }, `maxPerSecond`, `maxLagMs`, `trial` 0, `online` false, `retryFailed`
 *   false, `seed`, `onProgress`, `signal`
 * @throws MigrationError INVALID_SPEC, also if a rollout of this name has other changes; PERMISSION_DENIED if the ledger
 *   cannot be created, with the SQL for an admin; CONNECTION_LOST if the ledger cannot be reached; any error that `check`
 *   or `orgs` throws
 * @example
 * const changes = [{ kind: 'addField', table: 'invoice', field: { name: 'status', type: 'String' } }];
 * const report = await rollOut({ name: '2026-11 invoice.status', changes }, knex, { orgs });
 * // begin; …; update "tenant_ddl"."rollout_tenant" set outcome = 'done' …; alter table "acme-corp"."invoice" …; commit
 */
export async function rollOut(spec: RolloutSpec, db: TenantDb, options?: RolloutOptions): Promise<RolloutReport> {
  const startedAt = performance.now();
  const settings = rolloutSettingsOf(options);
  refuseNoDb(db);
  const targets = await targetsOf(settings.orgs, settings.change);
  const prepared = await prepare(spec, db, targets, settings);
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  const trial = await trialOf(prepared);
  if (trial !== undefined && trial.failures.length > 0) {
    return { ...notBegun(prepared), ended: 'stopped', trial, durationMs: durationMs() };
  }
  const { begun } = await begin(prepared);
  const { ended, status } = await runTraced(
    ROLLOUTS,
    () => ({ name: prepared.name }),
    () => runRollout(begun, prepared, db),
  );
  return { ...status, ended, ...(trial === undefined ? {} : { trial }), durationMs: durationMs() };
}

/** Only before a rollout starts: one that continues has already been tried. */
async function trialOf(prepared: Prepared): Promise<RolloutTrial | undefined> {
  const { name, servers, settings } = prepared;
  if (settings.trial === 0) return undefined;
  const entries = await Promise.all([...servers.keys()].map((server) => entryOf(server, name, settings.change)));
  return entries.every((entry) => entry === undefined) ? tryOut(prepared) : undefined;
}

/** The status if a trial failed: nothing was recorded. */
function notBegun({ name, list, targets }: Prepared): RolloutStatus {
  const none = { done: 0, already: 0, failed: 0, skipped: 0, gone: 0 };
  const counts = { targets: targets.length, ...none, pending: targets.length };
  const now = new Date();
  const state = { state: 'stopped', reason: 'trial', failures: [], createdAt: now, startedAt: now } as const;
  return { name, hash: list.hash, ...counts, ...state };
}
