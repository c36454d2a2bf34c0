import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import { execute } from '../run/execute';
import { failedSubject } from '../run/log';
import type { Work } from '../run/work';
import { tryStages } from '../online/try-stages';
import type { Identifier } from '../sql/identifier';
import type { Prepared } from './begin-rollout';
import { isAdopted } from './change-tenant';
import type { ClaimedTenant } from './ledger';
import { partFor } from './next-part';
import type { RolloutOn } from './rollout-on';
import { onlineSettingsIn } from './rollout-settings';
import type { RolloutFailures, RolloutTrial } from './rollout-types';
import { failureOf } from './settle';
import { mergedFailures } from './status';
import { inOrder, type Target } from './targets';
import { tenantWork, type TenantWork } from './tenant-work';

/** Tries the changes on some tenants, each in a transaction that is rolled back. */
export async function tryOut({ targets, servers, changes, settings }: Prepared): Promise<RolloutTrial> {
  const { canary, seed, trial, connections } = settings;
  const serverOf = new Map([...servers].flatMap(([server, own]) => own.map((target) => [target, server] as const)));
  const chosen = inOrder(targets, canary, seed).slice(0, trial);
  const work = tenantWork(changes, settings);
  const times: number[] = [];
  const failures: RolloutFailures[] = [];
  const waiting = chosen.values();
  const worker = async (): Promise<void> => {
    for (const target of waiting) {
      const startedAt = performance.now();
      const failure = await failureOn(target, serverOf.get(target) as Knex, work, settings);
      times.push(performance.now() - startedAt);
      if (failure !== undefined) failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  times.sort((a, b) => a - b);
  return {
    orgs: chosen.map(({ org }) => org),
    failures: mergedFailures(failures),
    medianMs: Math.round(times[Math.floor(times.length / 2)] ?? 0),
    maxMs: Math.round(times.at(-1) ?? 0),
  };
}

/** A tenant that no longer exists does not count as a failure. */
async function failureOn(
  { org, own }: Target,
  server: Knex,
  work: TenantWork,
  settings: Prepared['settings'],
): Promise<RolloutFailures | undefined> {
  const tenant = { org, changes: own?.json ?? null, changed: 0 };
  const tried: Tried = { subjects: undefined };
  try {
    await tryOn({ server, settings, ...work }, tenant, tried);
    return undefined;
  } catch (error) {
    if (!(error instanceof MigrationError) || error.code === 'ABORTED') throw error;
    if (await isAdopted(error, tenant, { server, settings, ...work })) return undefined;
    const operation = tried.subjects && failedSubject(tried.subjects, error)?.message;
    const { outcome, table, constraint } = failureOf(error, operation, 1);
    if (outcome === 'gone') return undefined;
    return {
      code: error.code,
      ...(operation === undefined ? {} : { operation }),
      ...(table === undefined ? {} : { table }),
      ...(constraint === undefined ? {} : { constraint }),
      count: 1,
      examples: [org],
    };
  }
}

/** What was tried last. */
interface Tried {
  subjects: Work['subjects'] | undefined;
}

/** Online, up to the first change in stages: of that one, only what is looked at before its first stage, which blocks nobody. */
async function tryOn(
  on: Pick<RolloutOn, 'server' | 'settings' | keyof TenantWork>,
  tenant: ClaimedTenant,
  tried: Tried,
): Promise<void> {
  const { server, settings } = on;
  const { online, change, signal = new AbortController().signal } = settings;
  const org = tenant.org as Identifier;
  const part = online === undefined ? undefined : await partFor(on, org, on.listFor(tenant), 0);
  if (part?.as === 'stages') {
    tried.subjects = [part.way.subject];
    return tryStages({ org, ...part, server }, onlineSettingsIn(settings, signal));
  }
  const work = on.workFor(tenant, part?.upTo);
  tried.subjects = work.subjects;
  await execute({ ...work, ledger: { rollout: 0, attempt: 1, trial: true } }, server, change);
}
