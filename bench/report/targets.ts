import type { Results } from '../results.ts';
import type { Row, Table } from '../rows.ts';
import type { Spread } from '../statistics.ts';
import { growthOf } from '../workloads/growth.ts';
import { digits, spread } from './format.ts';

/** What was promised, and what came out. */
export interface Verdict {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

const OURS = 'tenant-ddl';
const OURS_INSIDE = 'tenant-ddl, in a transaction';

/** By latency in milliseconds. */
type Limits = Readonly<Record<number, number>>;

const PROVISION = { trips: 2, toKnex: { 0: 0.85, 1: 0.5, 5: 0.25 }, toLimit: { 0: 1.25, 1: 1.25, 5: 1.3 } };
const COLUMN = { trips: 2, toKnex: { 0: 0.75, 1: 0.62, 5: 0.56 }, toLimit: { 0: 1.9, 1: 1.9, 5: 2 } };
const CPU_TO_LIMIT = 1.3;
/** An empty transaction has two: its begin and its commit. */
const TRIPS_INSIDE = 3;
const FAN_OUT = { connections: 4, toKnex: 1.4, toLimit: 0.75 };
const GROWTH = 1.15;
const MEMORY_MB = 5;
const ROLLOUT = { ratio: { 0: 0.8, 1: 0.9, 5: 0.9 } as Limits, tenants: 10_000, seconds: 10, statusMs: 50 };

export function verdictsOf(results: Results): Verdict[] {
  const { models = [], columns, fanOut = [], growth, memory = [], rollouts } = results;
  const added = columns?.addColumn ?? [];
  const dropped = columns?.dropColumn ?? [];
  return [
    ...compared('W1, createModels on a bare Knex', models, PROVISION),
    ...models
      .filter(({ latencyMs }) => latencyMs === 0)
      .flatMap((table) => atMost('W1: client CPU, against one query', rowOf(table, OURS)?.cpuToLimit, CPU_TO_LIMIT)),
    ...compared('W2, add a column on a bare Knex', added, COLUMN),
    ...tripsOf("W2 in a caller's transaction", added, OURS_INSIDE, TRIPS_INSIDE),
    ...compared('W3, drop a column on a bare Knex', dropped, COLUMN),
    ...tripsOf("W3 in a caller's transaction", dropped, OURS_INSIDE, TRIPS_INSIDE),
    ...fanOut
      .filter(({ connections }) => connections === FAN_OUT.connections)
      .flatMap(({ latencyMs, rows }) => {
        const row = rows.find(({ entry }) => entry === OURS);
        const what = `W4, 4 connections, ${latencyMs} ms: throughput`;
        return [
          ...atLeast(`${what} against knex`, row?.toKnex, FAN_OUT.toKnex),
          ...atLeast(`${what} against one query`, row?.toLimit, FAN_OUT.toLimit),
        ];
      }),
    ...(growth === undefined
      ? []
      : [OURS_INSIDE, 'one query'].map((entry): Verdict => {
          const grown = growthOf(growth, entry);
          const sizes = `${growth.at(-1)?.tables} tables against ${growth[0]?.tables}`;
          const what = `W5: cost of a tenant at ${sizes}${entry === 'one query' ? ', of plain SQL' : ''}`;
          return { what, target: `≤ ${GROWTH}`, measured: digits(grown), met: grown <= GROWTH };
        })),
    ...(rollouts?.paces ?? []).flatMap(({ latencyMs, ratio }) =>
      atLeast(`W7, rollOut, ${latencyMs} ms: throughput against one query`, ratio, ROLLOUT.ratio[latencyMs] ?? 0),
    ),
    ...(rollouts?.whole.tenants === ROLLOUT.tenants
      ? [
          {
            what: 'W7: 10,000 tenants from the call to its report',
            target: `≤ ${ROLLOUT.seconds} s`,
            measured: `${digits(rollouts.whole.ms / 1000)} s`,
            met: rollouts.whole.ms <= ROLLOUT.seconds * 1000,
          },
        ]
      : []),
    ...atMost('W7: ms for the status of a rollout', rollouts?.whole.statusMs, ROLLOUT.statusMs),
    ...memory
      .filter(({ entry }) => entry.startsWith(OURS))
      .map(({ entry, changes, grownMb }) => ({
        what: `Heap after ${changes} changes, ${entry}`,
        target: `+${MEMORY_MB} MB`,
        measured: `${grownMb < 0 ? '' : '+'}${grownMb.toFixed(1)} MB`,
        met: grownMb <= MEMORY_MB,
      })),
  ];
}

function compared(what: string, tables: readonly Table[], target: typeof PROVISION): Verdict[] {
  return [
    ...tripsOf(what, tables, OURS, target.trips),
    ...tables.flatMap((table) => {
      const row = rowOf(table, OURS);
      const { latencyMs } = table;
      return [
        ...atMost(`${what}, ${latencyMs} ms: against knex`, row?.toKnex, (target.toKnex as Limits)[latencyMs]),
        ...atMost(`${what}, ${latencyMs} ms: against one query`, row?.toLimit, (target.toLimit as Limits)[latencyMs]),
      ];
    }),
  ];
}

function rowOf({ rows }: Table, entry: string): Row | undefined {
  return rows.find((row) => row.entry === entry);
}

function tripsOf(what: string, [table]: readonly Table[], entry: string, target: number): Verdict[] {
  const trips = table && rowOf(table, entry)?.roundTrips;
  if (trips === undefined) return [];
  return [{ what: `${what}: round trips`, target: String(target), measured: String(trips), met: trips <= target }];
}

function atMost(what: string, value: Spread | undefined, target: number | undefined): Verdict[] {
  if (value === undefined || target === undefined) return [];
  return [{ what, target: `≤ ${target}`, measured: spread(value), met: value.median <= target }];
}

function atLeast(what: string, value: Spread | undefined, target: number): Verdict[] {
  if (value === undefined) return [];
  return [{ what, target: `≥ ${target}`, measured: spread(value), met: value.median >= target }];
}
