import type { RolloutReport, RolloutStatus } from '../../..';
import { writeDocument } from '../../document';
import { aligned, listed } from '../../text';
import { print, widthOf, type World } from '../../world';

const COUNTS = ['targets', 'done', 'already', 'failed', 'skipped', 'gone', 'pending'] as const;

/** How a rollout stands, for a person or as JSON. */
export function showReport(
  status: RolloutStatus | RolloutReport,
  command: string,
  asJson: boolean,
  world: World,
): void {
  if (asJson) return writeDocument(world, command, { rollout: status });
  print(world.stdout, textOf(status, widthOf(world.stdout)));
}

function textOf(status: RolloutStatus, width: number): string {
  const { name, state, reason, failures } = status;
  const counts = COUNTS.filter((count) => count === 'targets' || status[count] > 0);
  const rows = counts.map((count) => [count, String(status[count])]);
  const failed = failures.map(({ code, operation, table, constraint, count, examples }) => [
    String(count),
    [code, operation, table, constraint].filter((part) => part !== undefined).join(' '),
    `in ${listed(examples)}${count > examples.length ? ', …' : ''}`,
  ]);
  return [
    `rollout "${name}" is ${state}${reason === undefined ? '' : `: ${reason}`}`,
    aligned(rows, '  '),
    ...(failed.length === 0 ? [] : ['failures', aligned(failed, '  ', width)]),
  ].join('\n');
}
