import { ROLLOUTS, runTraced } from '../run/channels';
import type { TenantDb } from '../tenant/tenant-db';
import { begin, byServer, type Begun, type Prepared } from './begin-rollout';
import { hasFailed } from './ledger';
import { start } from './ledger-state';
import { rolloutRun, type RolloutRun } from './rollout-run';
import type { RolloutReport, RolloutStatus } from './rollout-types';
import { targetsOf } from './targets';
import { LAST_PLACE, wavesOf, type Wave } from './waves';

/** How often the last wave starts again, for tenants created in the meantime. */
const MAX_SWEEPS = 10;

/** How often it is looked whether another process has begun the next wave, in milliseconds. */
const LOOK_MS = 1000;

interface RolloutEnd {
  readonly ended: RolloutReport['ended'];
  readonly status: RolloutStatus;
}

/** Runs the waves of a recorded rollout, and returns how it ended. */
export async function runRollout(begun: readonly Begun[], prepared: Prepared, db: TenantDb): Promise<RolloutEnd> {
  const { settings } = prepared;
  const { canary, waves, change } = settings;
  const run = rolloutRun(begun, settings);
  let ended: RolloutStatus | undefined;
  if (!begun.some(({ entry }) => entry.state === 'paused')) {
    const canaries = typeof canary === 'number' ? canary : canary.length;
    const all = wavesOf(canaries, waves);
    const first = { until: all[0]?.until ?? LAST_PLACE, retryFailed: settings.retryFailed };
    await Promise.all(begun.map(({ on }) => start(on.server, on, first, change)));
    for (const [at, wave] of all.entries()) {
      const next = all[at + 1];
      if (next === undefined) ended = await last(run, wave, prepared, db);
      else if (!(await one(run, wave, next, prepared))) break;
    }
  }
  const status = ended ?? (await run.status());
  run.tell(status);
  const { state } = status;
  return { ended: state === 'running' ? 'aborted' : state, status };
}

/** A wave, the wait after it, and its check. Gives whether the rollout goes on. */
async function one(run: RolloutRun, wave: Wave, next: Wave, { settings }: Prepared): Promise<boolean> {
  const orgs = await waveOf(run, wave);
  if (run.isHalted()) return false;
  if (wave.number === 0 && (await canaryHasFailed(run, wave, settings.change))) {
    await run.setState(['running', 'paused'], 'stopped', 'canary');
    return false;
  }
  const status = await run.status();
  // With no tenant left to change, there is nothing to wait for.
  if (status.pending > 0 && !(await isOpened(run, next, settings.bakeMs))) {
    if (run.isHalted()) return false;
    if (settings.check !== undefined && !(await isHealthy(run, wave, orgs, settings.check))) return false;
  }
  await run.open(next.until);
  return !run.isHalted();
}

/** Waits, unless an earlier call or another process has had its wait and its check, and has begun the next wave. */
async function isOpened(run: RolloutRun, next: Wave, bakeMs: number): Promise<boolean> {
  const endsAt = performance.now() + bakeMs;
  for (;;) {
    if ((await run.openedUntil()) >= next.until) return true;
    const leftMs = endsAt - performance.now();
    if (run.isHalted() || leftMs <= 0) return false;
    await run.sleep(Math.min(leftMs, LOOK_MS));
  }
}

type Check = NonNullable<Prepared['settings']['check']>;

async function isHealthy(run: RolloutRun, wave: Wave, orgs: readonly string[], check: Check): Promise<boolean> {
  let healthy = false;
  try {
    const { name, targets, done, already, failed, skipped, gone, pending } = await run.status();
    const counts = { targets, done, already, failed, skipped, gone, pending };
    healthy = (await check({ name, wave: wave.number, orgs, ...counts })) !== false;
  } finally {
    if (!healthy) await run.setState(['running', 'paused'], 'stopped', 'check');
  }
  return healthy;
}

function waveOf(run: RolloutRun, wave: Wave): Promise<readonly string[]> {
  return runTraced(
    ROLLOUTS,
    () => ({ name: run.begun()[0]?.on.name ?? '', wave: wave.number }),
    () => run.wave(wave),
  );
}

async function canaryHasFailed(
  run: RolloutRun,
  { until }: Wave,
  settings: Prepared['settings']['change'],
): Promise<boolean> {
  const failed = await Promise.all(run.begun().map(({ on }) => hasFailed(on.server, on.id, until, settings)));
  return failed.includes(true);
}

/** All that remain, and those that were created in the meantime. Gives the status once nothing is left to do. */
async function last(run: RolloutRun, wave: Wave, prepared: Prepared, db: TenantDb): Promise<RolloutStatus | undefined> {
  for (let sweep = 1; sweep <= MAX_SWEEPS; sweep += 1) {
    await waveOf(run, wave);
    if (run.isHalted()) return undefined;
    if ((await addLate(run, prepared, db)) > 0) continue;
    const status = await run.finish();
    if (status.state !== 'running') return status;
  }
  return undefined;
}

/** Asks for the orgs again, where a function gives them. Gives how many the ledgers did not have. */
async function addLate(run: RolloutRun, prepared: Prepared, db: TenantDb): Promise<number> {
  const { orgs, change } = prepared.settings;
  if (typeof orgs !== 'function') return 0;
  const targets = await targetsOf(orgs, change);
  const { begun, added } = await begin({ ...prepared, targets, servers: await byServer(targets, db) });
  run.add(begun);
  return added;
}
