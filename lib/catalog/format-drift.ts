import { shownLines } from '../errors/shown';
import { formatDifference } from '../plan/difference/kinds';
import type { DriftGroup, DriftReport } from './drift';

/**
 * A report for a person: a line for each difference, with how many tenants have it and three of them. Holds no value of a
 * default.
 *
 * @example
 * // 2,431 tenants: invoice.status is missing (acme-1, acme-2, acme-3, …)
 * // 7 tenants: invoice.amount has no default (acme-4, acme-9, acme-12, …)
 * // 97,562 of 100,000 tenants are as desired.
 */
export function formatDrift(report: DriftReport): string {
  const { groups, tenants, same, changing, gone, complete } = report;
  const lines = [
    ...groups.map(groupLine),
    ...(changing.length > 0 ? [`${counted(changing.length)} being changed: ${someOf(changing, changing.length)}`] : []),
    ...(gone.length > 0 ? [`${counted(gone.length)} without a schema: ${someOf(gone, gone.length)}`] : []),
    `${number(same)} of ${counted(tenants)} ${same === 1 || tenants === 1 ? 'is' : 'are'} as desired.${complete ? '' : ' The report is not complete.'}`,
  ];
  // Names are whatever somebody has made, and this goes to a terminal.
  return shownLines(lines.join('\n'));
}

function groupLine({ difference, tenants, examples }: DriftGroup): string {
  const hint = difference.hint === undefined ? '' : `; ${difference.hint}`;
  return `${counted(tenants)}: ${formatDifference(difference)}${hint} (${someOf(examples, tenants)})`;
}

function someOf(orgs: readonly string[], count: number): string {
  const shown = orgs.slice(0, 3);
  return [...shown, ...(count > shown.length ? ['…'] : [])].join(', ');
}

function counted(count: number): string {
  return `${number(count)} ${count === 1 ? 'tenant' : 'tenants'}`;
}

/** In one form, whatever the locale of the process is. */
function number(count: number): string {
  return count.toLocaleString('en-US');
}
