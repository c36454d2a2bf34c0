import { shown } from '../errors/shown';
import { OUTCOMES } from '../run/wire/ledger-row';
import type { RolloutFailures, RolloutReport, RolloutStatus } from './rollout-types';

/**
 * A report, or a status, as text for people.
 *
 * @example
 * console.log(formatRollout(report));
 * // 2026-11 invoice.status: finished in 8.1 s
 * //   10000 tenants: 9992 done, 8 failed
 * //   8 × UNIQUE_VIOLATION, CREATE INDEX on "invoice", by "invoice_code_key_5165b869c8d5": acme-corp, globex, initech, …
 */
export function formatRollout(given: RolloutStatus | RolloutReport): string {
  const { name, targets, failures } = given;
  const counts = OUTCOMES.filter((outcome) => outcome !== 'pending' && given[outcome] > 0);
  const all = [...counts, ...(given.pending > 0 ? (['pending'] as const) : [])];
  const listed = all.map((outcome) => `${given[outcome]} ${outcome}`).join(', ');
  return [
    `${shown(name)}: ${stateOf(given)}`,
    `  ${targets} ${targets === 1 ? 'tenant' : 'tenants'}${listed === '' ? '' : `: ${listed}`}`,
    ...('trial' in given && given.trial !== undefined ? trialLines(given.trial) : []),
    ...failures.map((failure) => `  ${failureLine(failure)}`),
  ].join('\n');
}

function stateOf(given: RolloutStatus | RolloutReport): string {
  const reason = given.reason === undefined ? '' : ` (${given.reason})`;
  if (!('ended' in given)) return `${given.state}${reason}`;
  return `${given.ended}${reason} in ${(given.durationMs / 1000).toFixed(1)} s`;
}

function trialLines({ orgs, failures, medianMs, maxMs }: NonNullable<RolloutReport['trial']>): readonly string[] {
  const failed = failures.reduce((sum, { count }) => sum + count, 0);
  return [
    `  trial: ${orgs.length} tried, ${failed} failed; ${medianMs} ms a tenant, ${maxMs} ms at most`,
    ...failures.map((failure) => `    ${failureLine(failure)}`),
  ];
}

function failureLine({ code, operation, table, constraint, count, examples }: RolloutFailures): string {
  const on = [operation, ...(table === undefined ? [] : [`on "${shown(table)}"`])].filter(Boolean).join(' ');
  const by = constraint === undefined ? '' : `, by "${shown(constraint)}"`;
  const more = count > examples.length ? ', …' : '';
  return `${count} × ${code}${on === '' ? '' : `, ${on}`}${by}: ${examples.map(shown).join(', ')}${more}`;
}
