// One online change that is killed in one of its stages, and then resumed or abandoned; what is there afterwards is
// what the plain change makes, or what was there before.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { knex, type Knex } from 'knex';
import { abandonOnline, applyChange, applyOnline, inspectModel, type MigrationError } from '../../../lib';
import { createInvoices, prepare, recordsOf, schemaOf } from '../../support/invoices';
import type { EmbeddedPostgres } from '../../support/embedded-postgres';
import type { Kind } from './kinds';

export interface Round {
  readonly kind: Kind;
  /** In which stage, from 1, and how long after it has begun. */
  readonly stage: number;
  readonly delayMs: number;
  /** The sessions of the client are terminated, its process gets SIGKILL, or the server goes down and is started again. */
  readonly manner: 'terminate' | 'kill' | Restart;
  readonly then: 'resume' | 'abandon';
  readonly rows: number;
}

/** As by a power cut, or in order. */
type Restart = 'crash' | 'shutDown';

export interface Outcome {
  /** Whether the change was over, or had not begun, before it was killed. */
  readonly struck: boolean;
  readonly violations: readonly string[];
}

const options = { logger: false, retry: { maxAttempts: 30, delayMs: 10, maxDelayMs: 100 } } as const;

/** The server, where a round restarts it. */
type Server = Pick<EmbeddedPostgres, Restart | 'start'>;

/** @param db of a database that nobody else uses, at `url` */
export async function runRound(db: Knex, url: string, round: Round, server?: Server): Promise<Outcome> {
  const { kind, then } = round;
  const [org, plain] = ['acme-corp', 'plain'];
  for (const each of [org, plain]) await makeTenant(db, each, round);
  const before = await stateOf(db, org);
  await applyChange(plain, kind.change, db, { ...options, hazards: 'allow' });
  const after = await stateOf(db, plain);
  await (round.manner === 'kill'
    ? killProcess(url, org, round)
    : strikeAt(url, org, round, striker(db, round, server)));
  const struck = (await records(db)).length > 0;
  const violations: string[] = [];
  let expected = after;
  if (then === 'abandon') {
    const error = await abandonOnline(org, 'invoice', db, options).then(
      () => undefined,
      (thrown: MigrationError) => thrown,
    );
    // An index that is being dropped can only be finished; so can a change that is over.
    if (error !== undefined && kind.change.kind !== 'dropIndex') throw error;
    if (error !== undefined) await applyOnline(org, kind.change, db, options);
    else if (struck) expected = before;
    else expected = isDeepStrictEqual(await stateOf(db, org), before) ? before : after;
  } else if (struck || isDeepStrictEqual(await stateOf(db, org), before)) {
    await applyOnline(org, kind.change, db, options);
  }
  const found = await stateOf(db, org);
  if (!isDeepStrictEqual(found, expected)) violations.push(`${then}: ${differenceOf(found, expected)}`);
  if ((await records(db)).length > 0) violations.push('a record is left');
  for (const each of [org, plain]) await db.raw('drop schema ?? cascade', [each]);
  return { struck, violations };
}

export function wordsOf({ kind, stage, delayMs, manner, then }: Round): string {
  return `${kind.name}, stage ${stage} + ${delayMs} ms, ${manner}, ${then}`;
}

async function makeTenant(db: Knex, org: string, { kind, rows }: Round): Promise<void> {
  await createInvoices(db, org, rows);
  await prepare(db, org, kind.setup ?? []);
  for (const change of kind.before ?? []) await applyChange(org, change, db, { ...options, hazards: 'allow' });
}

type State = readonly string[];

/** By the catalog, and as inspection reads it. */
async function stateOf(db: Knex, org: string): Promise<State> {
  const { model, extras } = await inspectModel(org, 'invoice', db, options);
  // A field that gets another type online becomes the last one.
  const fields = [...model.fields].sort((a, b) => a.name.localeCompare(b.name));
  const read = [{ ...model, fields: [] }, ...fields, ...extras].map((part) => JSON.stringify(part));
  return [...(await schemaOf(db, org)), ...read.map((line) => line.replaceAll(org, '<org>'))];
}

function differenceOf(found: State, expected: State): string {
  const lines = (of: State, without: State, sign: string): string[] =>
    of.filter((line) => !without.includes(line)).map((line) => `${sign} ${line}`);
  return [...lines(found, expected, '+'), ...lines(expected, found, '-')].join('\n');
}

/** None where the change was killed before it made the table of records. */
async function records(db: Knex): Promise<readonly unknown[]> {
  return recordsOf(db).catch(() => []);
}

async function killProcess(url: string, org: string, { kind, stage, delayMs }: Round): Promise<void> {
  const task = JSON.stringify({ url, org, change: kind.change });
  const child = fork(join(__dirname, 'child.ts'), [task], { execArgv: ['--import', 'tsx'] });
  const gone = once(child, 'exit');
  child.on('message', (number) => {
    if (number === stage) setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  await gone;
}

function striker(db: Knex, { manner }: Round, server: Server | undefined): () => Promise<unknown> {
  if (manner !== 'crash' && manner !== 'shutDown') {
    return () =>
      db.raw(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim' and datname = current_database()`,
      );
  }
  return async () => {
    await server?.[manner]();
    await server?.start();
  };
}

async function strikeAt(
  url: string,
  org: string,
  { kind, stage, delayMs }: Round,
  fell: () => Promise<unknown>,
): Promise<void> {
  const connection = { connectionString: url, application_name: 'victim' };
  const victim = knex({ client: 'pg', connection, pool: { min: 0, max: 3 }, log: IGNORE });
  let ended = Promise.resolve();
  const strike = async (): Promise<void> => {
    await sleep(delayMs);
    await fell();
  };
  const onProgress = ({ number, done }: { readonly number: number; readonly done?: number | undefined }): void => {
    if (number === stage && done === undefined) ended = strike();
  };
  // It may be over before, or all its sessions may be new by then.
  await applyOnline(org, kind.change, victim, { ...options, retry: false, batchMs: 1, onProgress }).catch(
    () => undefined,
  );
  await ended;
  await victim.destroy();
}

/** Of a Knex whose connections are lost. */
export const IGNORE = {
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
  deprecate: () => undefined,
};
