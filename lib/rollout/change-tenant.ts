import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import { planForAny } from '../plan/any-org';
import { checkedChanges } from '../plan/checked-changes';
import type { CheckedChange } from '../plan/operations';
import { planned } from '../plan/planner';
import { execute } from '../run/execute';
import { failedSubject } from '../run/log';
import { ABSENT, OUTCOMES, type Outcome } from '../run/wire/ledger-row';
import { workOf, type Work } from '../run/work';
import type { Identifier } from '../sql/identifier';
import { isInTheWay, isThereAlready } from './adopt';
import type { ClaimedTenant } from './ledger';
import type { RolloutState } from './rollout-types';
import type { NamedRule, RolloutSettings } from './rollout-settings';
import { failureOf, settle } from './settle';

/** A rollout on one server. */
export interface RolloutOn {
  readonly server: Knex;
  readonly name: string;
  /** In the ledger of the server. */
  readonly id: number;
  /** Runs one after the other what would keep others from a table that all tenants share. */
  readonly alone: <T>(run: () => Promise<T>) => Promise<T>;
  /** What is to be done for a tenant. */
  readonly workFor: (tenant: ClaimedTenant) => Work;
  readonly settings: RolloutSettings;
}

/** What its row says of a tenant, and what has ended the rollout, if something has. */
export interface Came {
  readonly outcome: Outcome;
  readonly halted?: Exclude<RolloutState, 'running'>;
}

/** Plans a list once for all tenants; a tenant's own list for that tenant. */
export function workPlanner(
  changes: readonly CheckedChange[],
  { change: { sharedSchemas } }: RolloutSettings,
): (tenant: ClaimedTenant) => Work {
  let planFor: ReturnType<typeof planForAny> | undefined;
  return ({ org: name, changes: own }) => {
    const org = name as Identifier;
    if (own !== null) {
      const list = checkedChanges(org, JSON.parse(own) as readonly unknown[], sharedSchemas);
      return workOf(org, planned(org, list));
    }
    planFor ??= planForAny(changes, sharedSchemas);
    return workOf(org, planFor(org));
  };
}

/** Changes one tenant, in one round trip with its row and COMMIT. What fails is written down in another. */
export async function changeTenant(on: RolloutOn, tenant: ClaimedTenant, rule: NamedRule | undefined): Promise<Came> {
  const { server, id, settings } = on;
  let attempts = 0;
  let work: Work | undefined;
  const counted = countingAttempts(settings, () => (attempts += 1));
  try {
    work = on.workFor(tenant);
    const whole = Object.assign({}, work, { ledger: { rollout: id, attempt: 1 } });
    const run = (): ReturnType<typeof execute> => execute(whole, server, counted);
    const ran = await (locksShared(work) ? on.alone(run) : run());
    return ran.ledgerSaid === undefined ? { outcome: 'done' } : cameOf(ran.ledgerSaid);
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    // The signal came before the attempts were through: another call begins with them.
    const isCutShort = settings.signal?.aborted === true && error.retryScope !== 'none';
    if (isCutShort || error.code === 'ABORTED') return { outcome: 'pending' };
    if (await isAdopted(error, work, on)) {
      const { outcome } = await settle(
        server,
        id,
        tenant.org,
        { outcome: 'already', attempts: attempts + 1 },
        rule,
        settings.change,
      );
      return { outcome };
    }
    const operation = work && failedSubject(work.subjects, error)?.message;
    const failure = failureOf(error, operation, attempts + 1);
    const { outcome, state } = await settle(server, id, tenant.org, failure, rule, settings.change);
    return state === 'running' ? { outcome } : { outcome, halted: state };
  }
}

/** Whether it failed since the tenant has it all already, and that may be. */
export async function isAdopted(
  error: MigrationError,
  work: Work | undefined,
  { server, settings }: Pick<RolloutOn, 'server' | 'settings'>,
): Promise<boolean> {
  if (settings.ifThere !== 'adopt' || work === undefined || !isInTheWay(error)) return false;
  return isThereAlready(work, server, settings.change);
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

function locksShared({ hazards }: Work): boolean {
  return hazards.some(({ hazard: { kind } }) => kind === 'sharedLock');
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
