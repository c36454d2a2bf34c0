import type { Entry } from './entries/entry.ts';
import type { Sample } from './measure.ts';
import { medianOf, ratios, spreadOf } from './statistics.ts';
import type { Spread } from './statistics.ts';

/** One entry in one workload at one latency. */
export interface Row {
  readonly entry: string;
  readonly how: string;
  readonly kind: Entry['kind'];
  readonly roundTrips?: number;
  readonly ms: Spread;
  readonly cpuMs?: Spread;
  /** To raw pg, knex and the limit, round by round. */
  readonly toPg?: Spread;
  readonly toKnex?: Spread;
  readonly toLimit?: Spread;
  readonly cpuToLimit?: Spread;
}

export interface Table {
  readonly latencyMs: number;
  readonly rounds: number;
  readonly rows: readonly Row[];
}

export type Samples = ReadonlyMap<Entry, readonly Sample[]>;

/** The entries that others are compared with. */
export interface Bases {
  readonly pg: Entry;
  readonly knex: Entry;
  readonly limit: Entry;
}

/** The fastest first. */
export function rowsOf(samples: Samples, bases: Bases, roundTrips: ReadonlyMap<Entry, number>): Row[] {
  const rows = [...samples].map(([entry, own]): Row => {
    const compared = (base: Entry, value: 'ms' | 'cpuMs'): Spread =>
      spreadOf(ratios(byRound(own, value), byRound(samples.get(base) ?? [], value)));
    const trips = roundTrips.get(entry);
    const { name, how, kind } = entry;
    return {
      entry: name,
      how,
      kind,
      ...(trips !== undefined && { roundTrips: trips }),
      ms: spreadOf(own.map(({ ms }) => ms)),
      // What another process does for an entry is not seen.
      ...(name !== 'psql' && { cpuMs: spreadOf(own.map(({ cpuMs }) => cpuMs)) }),
      toPg: compared(bases.pg, 'ms'),
      toKnex: compared(bases.knex, 'ms'),
      toLimit: compared(bases.limit, 'ms'),
      ...(name !== 'psql' && { cpuToLimit: compared(bases.limit, 'cpuMs') }),
    };
  });
  return rows.sort((a, b) => a.ms.median - b.ms.median);
}

/** A round can have several samples of an entry: its median speaks for it. */
function byRound(samples: readonly Sample[], value: 'ms' | 'cpuMs'): Map<number, number> {
  const rounds = new Map<number, number[]>();
  for (const sample of samples) {
    const own = rounds.get(sample.round) ?? [];
    own.push(sample[value]);
    rounds.set(sample.round, own);
  }
  return new Map([...rounds].map(([round, values]) => [round, medianOf(values)]));
}
