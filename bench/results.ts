import type { Machine } from '../__tests__/live/machine.ts';
import type { Table } from './rows.ts';
import type { ColumnTables } from './workloads/columns.ts';
import type { DriftPoint } from './workloads/drift.ts';
import type { FanOutTable } from './workloads/fan-out.ts';
import type { GrowthPoint } from './workloads/growth.ts';
import type { MemoryRow } from './workloads/memory.ts';
import type { RealResult } from './workloads/real.ts';
import type { RolloutResult } from './workloads/rollouts.ts';

/** Everything that a run found out: results.json, from which the page is made. */
export interface Results {
  readonly machine: Machine;
  readonly latencies: readonly { readonly added: number; readonly roundTripMs: number }[];
  readonly seconds: number;
  /** W1, with the schema and without. */
  readonly provision?: readonly Table[];
  readonly models?: readonly Table[];
  /** W2 and W3. */
  readonly columns?: ColumnTables;
  readonly fanOut?: readonly FanOutTable[];
  readonly growth?: readonly GrowthPoint[];
  readonly real?: readonly RealResult[];
  readonly rollouts?: RolloutResult;
  readonly drift?: readonly DriftPoint[];
  readonly memory?: readonly MemoryRow[];
}
