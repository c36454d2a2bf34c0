// One client: it reads and writes, one statement after the other, until the trial is over.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type QueryConfig, type QueryResult } from 'pg';
import { randomOf, type Random } from '../chaos/random';
import type { Book } from './book';
import type { Samples } from './latencies';
import { prepared, SIMPLE, type Statements } from './statements';
import { CUSTOMERS, HOT_ROWS, STATUSES, TYPES, type Row } from './tables';

export const CLIENTS = 8;

/** An operation that a client did not get done. */
export interface FailedOperation {
  readonly at: number;
  readonly sqlState: string;
  readonly message: string;
}

/** What all clients of a trial share. */
export interface Traffic {
  readonly url: string;
  /** With which the table began. */
  readonly rows: number;
  readonly seed: number;
  readonly samples: Samples;
  readonly book: Book;
  readonly failed: FailedOperation[];
  readonly isOver: () => boolean;
  /** The field into which NULLs are written, once it is there. */
  readonly nulled: () => string | undefined;
}

/** Of a transaction, between its three statements. */
const PAUSE_IN_TRANSACTION_MS = 22;
/** Between two operations, at most: a service that is busy, on a server that has something left. */
const PAUSE_MS = 16;

/** @param number from 0, below {@link CLIENTS} */
export async function runClient(traffic: Traffic, number: number): Promise<void> {
  const { url, seed, samples, failed, isOver } = traffic;
  const client = new Client({ connectionString: url, application_name: `live client ${number}` });
  await client.connect();
  const random = randomOf(seed, number);
  const run = async (query: QueryConfig): Promise<QueryResult> => {
    const at = performance.now();
    try {
      return await client.query(query);
    } finally {
      samples.add(at, performance.now() - at, query.text);
    }
  };
  const worker = newWorker(traffic, number, random, run);
  let generation = 0;
  try {
    while (!isOver()) {
      const way = random.int(1, 10);
      const at = performance.now();
      try {
        if (way === 1) await worker.transaction();
        else await worker.statement(way <= 5 ? SIMPLE : prepared(generation));
      } catch (error) {
        const { code: sqlState = 'none', message } = error as Error & { readonly code?: string };
        failed.push({ at, sqlState, message });
        if (sqlState === '0A000') generation += 1;
        // The connection is gone, and so is what became of the last statement.
        if (sqlState === 'none') return;
      }
      await sleep(random.int(0, PAUSE_MS));
    }
  } finally {
    await client.end();
  }
}

interface Worker {
  statement(form: Statements): Promise<void>;
  transaction(): Promise<void>;
}

function newWorker(
  { book, rows, nulled }: Traffic,
  number: number,
  random: Random,
  run: (query: QueryConfig) => Promise<QueryResult>,
): Worker {
  const own: number[] = [];
  let writes = 0;
  /** Of the rows that no other client writes. */
  const coldId = (): number =>
    HOT_ROWS + 1 + number + CLIENTS * random.int(0, Math.floor((rows - HOT_ROWS - CLIENTS) / CLIENTS));
  const newRow = (isNulled: boolean): Row => {
    writes += 1;
    return {
      code: `k${number}-${writes}`,
      status: random.pick(STATUSES),
      customer_id: random.int(1, CUSTOMERS),
      amount: random.chance(0.25) ? null : random.int(0, 1_000_000),
      kind: random.pick(TYPES),
      isNulled,
    };
  };
  const read = async (form: Statements): Promise<void> => {
    const id = coldId();
    const { rows: found } = await run(form.read(id));
    book.read(id, found[0] as Record<string, unknown> | undefined);
  };
  /** Gives what is to be written down once it is committed. */
  const write = async (form: Statements): Promise<() => void> => {
    if (random.chance(0.2)) {
      await run(form.hit(random.int(1, HOT_ROWS)));
      return () => book.hit();
    }
    const column = random.chance(0.25) ? nulled() : undefined;
    const what = random.int(1, 10);
    if (what <= 7) {
      const id = coldId();
      const row = newRow(column !== undefined || book.knows(id)?.isNulled === true);
      await run(form.update(id, row, column));
      return () => book.wrote(id, row);
    }
    const gone = what === 10 ? own.shift() : undefined;
    if (gone !== undefined) {
      await run(form.delete(gone));
      return () => book.wrote(gone, 'deleted');
    }
    const row = newRow(column !== undefined);
    const id = rows + 1 + number + CLIENTS * writes;
    await run(form.insert(id, row, column));
    return () => {
      own.push(id);
      book.wrote(id, row);
    };
  };
  return {
    statement: async (form) => {
      if (random.chance(0.5)) await read(form);
      else (await write(form))();
    },
    transaction: async () => {
      await run({ text: 'begin' });
      try {
        const first = await write(SIMPLE);
        await sleep(PAUSE_IN_TRANSACTION_MS);
        await run(SIMPLE.read(coldId()));
        await sleep(PAUSE_IN_TRANSACTION_MS);
        await run({ text: 'commit' });
        first();
      } catch (error) {
        await run({ text: 'rollback' });
        throw error;
      }
    },
  };
}
