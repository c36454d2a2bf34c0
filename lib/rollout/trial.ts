import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import { execute } from '../run/execute';
import { failedSubject } from '../run/log';
import type { Work } from '../run/work';
import type { Prepared } from './begin-rollout';
import { isAdopted, workPlanner } from './change-tenant';
import type { RolloutFailures, RolloutTrial } from './rollout-types';
import { failureOf } from './settle';
import { mergedFailures } from './status';
import { inOrder, type Target } from './targets';

/** Tries the changes on some tenants, each in a transaction that is rolled back. */
export async function tryOut({ targets, servers, changes, settings }: Prepared): Promise<RolloutTrial> {
  const { canary, seed, trial, connections } = settings;
  const serverOf = new Map([...servers].flatMap(([server, own]) => own.map((target) => [target, server] as const)));
  const chosen = inOrder(targets, canary, seed).slice(0, trial);
  const workFor = workPlanner(changes, settings);
  const times: number[] = [];
  const failures: RolloutFailures[] = [];
  const waiting = chosen.values();
  const worker = async (): Promise<void> => {
    for (const target of waiting) {
      const startedAt = performance.now();
      const failure = await failureOn(target, serverOf.get(target) as Knex, workFor, settings);
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
  workFor: ReturnType<typeof workPlanner>,
  settings: Prepared['settings'],
): Promise<RolloutFailures | undefined> {
  let work: Work | undefined;
  try {
    work = workFor({ org, changes: own?.json ?? null });
    await execute({ ...work, ledger: { rollout: 0, attempt: 1, trial: true } }, server, settings.change);
    return undefined;
  } catch (error) {
    if (!(error instanceof MigrationError) || error.code === 'ABORTED') throw error;
    if (await isAdopted(error, work, { server, settings })) return undefined;
    const operation = work && failedSubject(work.subjects, error)?.message;
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
