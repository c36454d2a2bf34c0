// What the trials of a kind come to, and whether that is within the bars.
import type { LiveKind } from './kinds';
import type { Latencies } from './latencies';
import type { Machine } from './machine';
import type { Trial } from './trial';

/** The longest that an online change may keep any client waiting. */
export const LONGEST_MS = 300;
/** How much longer than in the quiet time the 99th percentile of the waits may be. */
export const P99_TIMES = 3;

/** Of three runs or more: a median, and the ends. */
export interface Range {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface Run {
  readonly quiet: Latencies;
  readonly during: Latencies;
  readonly totalMs: number;
  readonly stages: Trial['stages'];
  readonly retries: number;
  readonly error?: string | undefined;
  /** Failed operations of clients, by SQLSTATE. */
  readonly failed: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly ownPauseMs: number;
  /** Of the machine, over a minute, when the run ended. */
  readonly load: number;
}

/** One kind of change, made in one way. */
export interface WayResult {
  readonly longestMs: Range;
  readonly p99Ms: Range;
  readonly quietP99Ms: Range;
  /** Of the 99th percentiles of each run. */
  readonly timesQuiet: Range;
  readonly totalMs: Range;
  readonly runs: readonly Run[];
  /** Of the run whose longest wait is the median. */
  readonly timeline: Trial['timeline'];
}

export interface KindResult {
  readonly name: string;
  /** Of the library, when it was measured. */
  readonly commit: string;
  readonly group: LiveKind['group'];
  readonly online: WayResult;
  readonly plain: WayResult;
}

/** docs/live/results.json: what docs/online.md shows. */
export interface LiveResults {
  readonly machine: Machine;
  readonly rows: number;
  readonly quietMs: number;
  readonly snapshotMs: number;
  readonly runs: number;
  readonly kinds: readonly KindResult[];
}

/** @param trials each with the load of the machine */
export function wayResult(trials: readonly { readonly trial: Trial; readonly load: number }[]): WayResult {
  const runs = trials.map(({ trial, load }) => runOf(trial, load));
  const longestMs = rangeOf(runs.map(({ during }) => during.longestMs));
  const typical = trials.find(({ trial }) => trial.during.longestMs === longestMs.median) ?? trials[0];
  if (typical === undefined) throw new Error('No trial.');
  return {
    longestMs,
    p99Ms: rangeOf(runs.map(({ during }) => during.p99Ms)),
    quietP99Ms: rangeOf(runs.map(({ quiet }) => quiet.p99Ms)),
    timesQuiet: rangeOf(runs.map(timesQuiet)),
    totalMs: rangeOf(runs.map(({ totalMs }) => totalMs)),
    runs,
    timeline: typical.trial.timeline,
  };
}

function runOf(
  { quiet, during, totalMs, stages, retries, error, failed, wrong, ownPauseMs }: Trial,
  load: number,
): Run {
  const states = [...new Set(failed.map(({ sqlState }) => sqlState))];
  const counts = states.map((state) => [state, failed.filter(({ sqlState }) => sqlState === state).length] as const);
  return {
    quiet,
    during,
    totalMs,
    stages,
    retries,
    error,
    failed: Object.fromEntries(counts),
    wrong,
    ownPauseMs,
    load,
  };
}

function timesQuiet({ quiet, during }: Run): number {
  return during.p99Ms / quiet.p99Ms;
}

/** Of an even number, the lower one of the two in the middle: one that was measured. */
function rangeOf(values: readonly number[]): Range {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  return { median: at(Math.floor((sorted.length - 1) / 2)), least: at(0), most: at(sorted.length - 1) };
}

/** What may not happen in a trial, on a machine of any speed. */
export function faultsOf(
  kind: LiveKind,
  { error, failed, wrong }: Pick<Trial, 'error' | 'failed' | 'wrong'>,
): string[] {
  const unexpected = failed.filter(({ sqlState }) => !(kind.swaps === true && sqlState === '0A000'));
  return [
    ...(error === undefined ? [] : [`the change failed: ${error}`]),
    ...unexpected.map(({ sqlState, message }) => `an operation failed: ${sqlState} ${message}`),
    ...wrong,
  ];
}

/** What is beyond the bars, of an online change. */
export function beyondBars({ runs }: WayResult): string[] {
  return runs.flatMap((run, at) => {
    const { quiet, during } = run;
    const beyond: string[] = [];
    if (during.longestMs > LONGEST_MS)
      beyond.push(`run ${at + 1}: a client waited for ${during.longestMs.toFixed(0)} ms`);
    if (timesQuiet(run) > P99_TIMES) {
      beyond.push(
        `run ${at + 1}: the 99th percentile was ${during.p99Ms.toFixed(1)} ms, and ${quiet.p99Ms.toFixed(1)} ms before`,
      );
    }
    return beyond;
  });
}
