import Table from 'cli-table3';
import type { FaultName } from './faults';
import type { RoundResult } from './chaos';

interface Count {
  injected: number;
  survived: number;
  reported: number;
  violations: number;
}

export interface Report {
  add(result: RoundResult): void;
  readonly violations: number;
  /** A line for each fault. */
  table(): string;
}

export function newReport(faultNames: readonly FaultName[]): Report {
  const counts = new Map<FaultName, Count>(
    faultNames.map((name) => [name, { injected: 0, survived: 0, reported: 0, violations: 0 }]),
  );
  let violations = 0;
  return {
    add: (result) => {
      violations += result.violations.length;
      for (const name of result.struck) addTo(counts.get(name) as Count, result);
    },
    get violations() {
      return violations;
    },
    table: () => {
      const table = new Table({
        head: ['fault', 'injected', 'survived by retry', 'reported', 'violations'],
        style: { head: [], border: [], compact: true },
        colAligns: ['left', 'right', 'right', 'right', 'right'],
      });
      for (const [name, { injected, survived, reported, violations: wrong }] of counts) {
        table.push([name, injected, survived, reported, wrong]);
      }
      return table.toString();
    },
  };
}

/** A fault is survived when every task ended as its caller meant it to; else somebody was told. */
function addTo(count: Count, { outcomes, violations }: RoundResult): void {
  const isMeant = ({ told, task }: RoundResult['outcomes'][number]): boolean =>
    told === 'success' || task.givesUp || task.swallows === 'a statement';
  count.injected += 1;
  if (outcomes.every(isMeant)) count.survived += 1;
  else count.reported += 1;
  count.violations += violations.length;
}

/** How to play a round again, and all that happened in it. */
export function storyOf(seed: number, { plan, violations, trace }: RoundResult): string {
  return [
    `Seed ${seed}, round ${plan.round}: see it again with  npm run chaos -- --seed ${seed} --only ${plan.round}`,
    ...violations.map((violation) => `  VIOLATION ${violation}`),
    'The plan:',
    ...[...plan.faults, ...plan.tasks].map((part) => `  ${JSON.stringify(part)}`),
    'The trace:',
    ...trace.map((line) => `  ${line}`),
  ].join('\n');
}
