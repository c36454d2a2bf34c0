import { block, GUARD_STATES } from '../../sql/server-check';
import type { MigrationError } from '../../errors';
import { literal } from '../../sql/literal';
import { onWorkersToo, setLocal } from '../../sql/session-settings';
import { logHazard } from '../log';
import type { Settings } from '../../options/options';
import { sqlStateOf } from '../failures/sql-states';
import { FOUND_SETTING, policySetting } from '../../plan/unforeseen';
import { policyOf, hazardRefusedError } from './hazard-policy';
import { valueOf, type Answer } from '../wire/send';
import type { Work } from '../work';

/** The statements of a plan, with settings for what to do about hazards that they find. */
export function withPolicies(
  statements: Work['statements'],
  { unforeseen = [] }: Work,
  { hazards }: Settings,
): Work['statements'] {
  if (unforeseen.length === 0) return statements;
  const policyFor = new Map(
    unforeseen.map(({ hazard: { kind }, asked }) => [policySetting(kind, asked), policyOf(kind, hazards, asked)]),
  );
  const policies = [...policyFor].map(([setting, policy]) => setLocal(setting, literal(policy)));
  const warns = [...policyFor.values()].includes('warn');
  const found = `select pg_catalog.current_setting('${FOUND_SETTING}', true) as tenant_ddl_found`;
  const perform = `perform ${setLocal(FOUND_SETTING, literal(''))};`;
  const sets = [...policyFor].map(([setting, policy]) => `set local ${setting} to ${literal(policy)};`);
  return [
    {
      sql: `select ${[...policies, setLocal(FOUND_SETTING, literal(''))].join(', ')}`,
      onCitus: block(onWorkersToo([...sets, perform])),
    },
    ...statements,
    ...(warns ? [found] : []),
  ];
}

/** Logs the hazards that applied; to be called once the change has run. */
export function warnOfUnforeseen({ org, unforeseen = [] }: Work, settings: Settings, answers: readonly Answer[]): void {
  const found = valueOf(answers, 'tenant_ddl_found');
  if (typeof found !== 'string') return;
  const keys = new Set(found.split(' '));
  for (const { key, hazard, asked } of unforeseen) {
    const policy = policyOf(hazard.kind, settings.hazards, asked);
    if (keys.has(key) && policy === 'warn') logHazard(settings.logger, org, hazard);
  }
}

/**
 * HAZARD_REFUSED, if one of these hazards stopped the change.
 *
 * @param rows how many rows are in the way, and how to find them
 */
export function refusedUnforeseen(
  error: unknown,
  { org, unforeseen = [] }: Work,
  rows?: string,
): MigrationError | undefined {
  if (sqlStateOf(error) !== GUARD_STATES.unforeseen) return undefined;
  const found = unforeseen.find(({ key }) => key === (error as Error).message);
  return found && hazardRefusedError(org, found.hazard, rows);
}
