// One change under traffic: the quiet time before it, what clients noticed while it ran, and whether the rows are right.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { knex, type Knex } from 'knex';
import { applyChange, applyOnline, MigrationError, type Logger, type StageRan } from '../../lib';
import { ORG, schemaOf } from '../support/invoices';
import { quiet } from '../support/log';
import { holdSnapshot, startAutovacuum } from './beside';
import { newBook } from './book';
import { CLIENTS, runClient, type FailedOperation, type Traffic } from './client';
import type { LiveKind } from './kinds';
import { newSamples, type Latencies, type Span } from './latencies';

export interface TrialOptions {
  /** Of a database with the tables of tables.ts, for this trial alone. */
  readonly url: string;
  readonly kind: LiveKind;
  readonly way: 'online' | 'plain';
  readonly rows: number;
  readonly seed: number;
  readonly quietMs: number;
  /** How long a foreign transaction keeps its snapshot, from just before the change. */
  readonly snapshotMs: number;
  readonly withAutovacuum: boolean;
}

export interface Trial {
  readonly quiet: Latencies;
  /** From the beginning of the change to its end, however short. */
  readonly during: Latencies;
  readonly totalMs: number;
  /** Of an online change. */
  readonly stages: readonly StageRan[];
  /** How many times it gave up the wait for a lock, so that others could go on. */
  readonly retries: number;
  /** The code of its error, where it failed. */
  readonly error: string | undefined;
  /** Of clients. */
  readonly failed: readonly FailedOperation[];
  /** What is not in the table as clients believe. */
  readonly wrong: readonly string[];
  /** The longest that this process itself, with all its clients, stood still during the change. */
  readonly ownPauseMs: number;
  /** The longest wait in each `binMs`; the change ran from `changeFrom` to `changeTo`, in milliseconds. */
  readonly timeline: {
    readonly binMs: number;
    readonly changeFrom: number;
    readonly changeTo: number;
    readonly longestMs: readonly number[];
  };
  /** Every object of the tenant afterwards. */
  readonly schema: readonly string[];
}

const WARM_UP_MS = 1000;
/** Time for each client to notice what the change has left. */
const SETTLE_MS = 1000;
export const BIN_MS = 100;

export async function runTrial(options: TrialOptions): Promise<Trial> {
  const { url, kind, rows, seed, quietMs, snapshotMs, withAutovacuum } = options;
  const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: 4 } });
  const loop = monitorEventLoopDelay({ resolution: 5 });
  let [isOver, isFieldThere] = [false, false];
  const [samples, book, failed]: [Traffic['samples'], Traffic['book'], FailedOperation[]] = [
    newSamples(),
    newBook(rows),
    [],
  ];
  const nulled = (): string | undefined => (isFieldThere ? kind.filled : undefined);
  let endSnapshot = async (): Promise<void> => undefined;
  let clients: Promise<unknown> = Promise.resolve();
  try {
    for (const sql of kind.setup ?? []) await db.raw(sql);
    for (const change of kind.before ?? []) await applyChange(ORG, change, db, { logger: quiet, hazards: 'allow' });
    const traffic: Traffic = { url, rows, seed, samples, book, failed, nulled, isOver: () => isOver };
    clients = Promise.all(Array.from({ length: CLIENTS }, (_client, number) => runClient(traffic, number)));
    await sleep(WARM_UP_MS);
    const quietSpan = await spanOf(() => sleep(quietMs));
    if (withAutovacuum) await startAutovacuum(db);
    endSnapshot = await holdSnapshot(url, snapshotMs);
    loop.enable();
    let change: Changed = { retries: 0, error: undefined, stages: [] };
    const span = await spanOf(async () => {
      change = await makeChange(db, options, () => (isFieldThere = true));
    });
    loop.disable();
    isFieldThere ||= change.error === undefined;
    await sleep(SETTLE_MS);
    isOver = true;
    await clients;
    const whole = { from: quietSpan.from, to: span.to + SETTLE_MS };
    return {
      quiet: samples.within(quietSpan),
      during: samples.within(span),
      totalMs: span.to - span.from,
      ...change,
      failed,
      wrong: await book.compare(db, change.error === undefined ? kind.filled : undefined),
      ownPauseMs: loop.max / 1e6,
      timeline: {
        binMs: BIN_MS,
        changeFrom: span.from - whole.from,
        changeTo: span.to - whole.from,
        longestMs: samples.longestBy(whole, BIN_MS),
      },
      schema: await schemaOf(db, ORG),
    };
  } finally {
    isOver = true;
    await clients.catch(() => undefined);
    await endSnapshot();
    await db.destroy();
  }
}

async function spanOf(work: () => Promise<unknown>): Promise<Span> {
  const from = performance.now();
  await work();
  return { from, to: performance.now() };
}

type Changed = Pick<Trial, 'retries' | 'error' | 'stages'>;

/** @param onFieldThere called when a field that comes with the change can be written */
async function makeChange(db: Knex, { kind, way }: TrialOptions, onFieldThere: () => void): Promise<Changed> {
  let retries = 0;
  const warn = (_record: unknown, ..._rest: readonly unknown[]): void => void (retries += 1);
  const logger = { ...quiet, warn } as Logger;
  const onProgress = ({ number }: { readonly number: number }): void => {
    if (number > 1) onFieldThere();
  };
  const make = async (): Promise<readonly StageRan[]> => {
    if (way === 'online') {
      return (await applyOnline(ORG, kind.change, db, { logger, onProgress, lockTimeoutMs: 200 })).stages;
    }
    await applyChange(ORG, kind.change, db, { logger, hazards: 'allow', statementTimeoutMs: PLAIN_LIMIT_MS });
    return [];
  };
  try {
    return { stages: await make(), retries, error: undefined };
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    return { stages: [], retries, error: `${error.code}: ${error.message}` };
  }
}

const PLAIN_LIMIT_MS = 600_000;
