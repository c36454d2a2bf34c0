import { MigrationError } from '../errors';
import { execute } from '../run/execute';
import { failedSubject } from '../run/log';
import { ABSENT, OUTCOMES, type Outcome } from '../run/wire/ledger-row';
import type { Work } from '../run/work';
import { isInTheWay, isThereAlready } from './adopt';
import { changeOnline, type PartRunner } from './change-online';
import type { ClaimedTenant } from './ledger';
import { locksShared, type Came, type RolloutOn } from './rollout-on';
import type { RolloutState } from './rollout-types';
import type { NamedRule, RolloutSettings } from './rollout-settings';
import { failureOf, settle } from './settle';

/** How a wave has a tenant changed. */
export interface InWave {
  readonly rule: NamedRule | undefined;
  /** Whether this call begins nothing more. */
  readonly isHalted: () => boolean;
}

/**
 * Changes one tenant, in one round trip with its row and COMMIT; online, also in several parts. What fails is written
 * down in another.
 */
export async function changeTenant(on: RolloutOn, tenant: ClaimedTenant, { rule, isHalted }: InWave): Promise<Came> {
  const { server, id, settings } = on;
  let attempts = 0;
  let subjects: Work['subjects'] | undefined;
  const counted = countingAttempts(settings, () => (attempts += 1));
  const runPlainly: PartRunner['runPlainly'] = async ({ changed, upTo }) => {
    const work = on.workFor({ ...tenant, changed }, upTo);
    ({ subjects } = work);
    const whole = Object.assign({}, work, { ledger: { rollout: id, attempt: 1, after: changed, upTo } });
    const run = (): ReturnType<typeof execute> => execute(whole, server, counted);
    const ran = await (locksShared(work) ? on.alone(run) : run());
    return ran.ledgerSaid === undefined ? { outcome: 'done' } : cameOf(ran.ledgerSaid);
  };
  try {
    if (settings.online === undefined) return await runPlainly({ changed: tenant.changed });
    const onSubject: PartRunner['onSubject'] = (subject) => (subjects = [subject]);
    return await changeOnline(on, tenant, { runPlainly, onSubject, isHalted });
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    // The signal came before the attempts were through: another call begins with them.
    const isCutShort = settings.signal?.aborted === true && error.retryScope !== 'none';
    if (isCutShort || error.code === 'ABORTED') return { outcome: 'pending' };
    if (subjects !== undefined && (await isAdopted(error, tenant, on))) {
      const already = { outcome: 'already', attempts: attempts + 1 } as const;
      const { outcome } = await settle(server, id, tenant.org, already, rule, settings.change);
      return { outcome };
    }
    const operation = subjects && failedSubject(subjects, error)?.message;
    const failure = failureOf(error, operation, attempts + 1);
    const { outcome, state } = await settle(server, id, tenant.org, failure, rule, settings.change);
    return state === 'running' ? { outcome } : { outcome, halted: state };
  }
}

/** Whether it failed since the tenant has it all already, and that may be. */
export async function isAdopted(
  error: MigrationError,
  tenant: ClaimedTenant,
  { server, settings, workFor }: Pick<RolloutOn, 'server' | 'settings' | 'workFor'>,
): Promise<boolean> {
  if (settings.ifThere !== 'adopt' || tenant.changed > 0 || !isInTheWay(error)) return false;
  return isThereAlready(workFor(tenant), server, settings.change);
}

/** The ledger refused the change: another process has done it, the tenant has another name now, or the rollout is halted. */
function cameOf(said: string): Came {
  if (said === ABSENT) return { outcome: 'pending' };
  if (OUTCOMES.some((outcome) => outcome === said)) return { outcome: said as Outcome };
  return {
    outcome: 'pending',
    halted: said as Exclude<RolloutState, 'running'>,
  };
}

/** How many attempts failed before the last. */
function countingAttempts({ change }: RolloutSettings, count: () => void): RolloutSettings['change'] {
  const { retry } = change;
  const onRetry: typeof retry.onRetry = (event) => {
    count();
    retry.onRetry?.(event);
  };
  return { ...change, retry: { ...retry, onRetry } };
}
