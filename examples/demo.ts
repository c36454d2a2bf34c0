// npm run demo                   the three calls, a transaction with metadata, a rollout, a drift, a change of a table in use
// npm run demo -- models.json    every model of a file
//
// On the server of DATABASE_URL, or on a PostgreSQL that lives only as long as this does. It drops the schemas that it
// makes, also after a failure or Ctrl-C; a schema of such a name that was there before is left alone.
import { knex } from 'knex';
import type { Knex } from 'knex';
import config from '../knexfile';
import { createTenant, dropTenant, MigrationError, type ModelSpec } from '../lib';
import { forget, hasLedger } from './ledger';
import { tellOfMany } from './many-tenants';
import { BadFile, createAll, readModels } from './models-file';
import { tellOfOnline } from './online-unique';
import { ORG, QUIET } from './org';
import { complain, heading, say } from './screen';
import { tell } from './story';

const INTERRUPTED = 130;

async function main(): Promise<void> {
  const startedAt = performance.now();
  const [file, ...others] = process.argv.slice(2);
  if (others.length > 0) throw new BadFile('Give one file at most: npm run demo -- models.json');
  const models = file === undefined ? undefined : readModels(file);
  const signal = interruption();
  const db = knex(config.development);
  try {
    await greet(db);
    await inTenant(db, models, signal);
  } finally {
    await db.destroy();
  }
  say(`\nWhat it made is dropped again. All in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
}

async function greet(db: Knex): Promise<void> {
  heading('tenant-ddl');
  const { rows } = await db.raw<{ rows: { version: string }[] }>(`select current_setting('server_version') as version`);
  const place = process.env.DATABASE_URL ? 'the server of DATABASE_URL' : 'started for this demo, and gone with it';
  say(`PostgreSQL ${rows[0]?.version}: ${place}.`);
  say(`A tenant is a schema (here "${ORG}"), a model is a table in it, a field a column.`);
}

async function inTenant(db: Knex, models: readonly ModelSpec[] | undefined, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await createTenant(ORG, db, QUIET);
  try {
    signal.throwIfAborted();
    if (models === undefined) await tellAll(db, signal);
    else await createAll(models, db);
    signal.throwIfAborted();
  } finally {
    await dropTenant(ORG, db, { confirm: ORG, ...QUIET });
  }
}

async function tellAll(db: Knex, signal: AbortSignal): Promise<void> {
  await tell(db, signal);
  signal.throwIfAborted();
  const hadLedger = await hasLedger(db);
  try {
    await tellOfMany(db, signal);
    signal.throwIfAborted();
    await tellOfOnline(db, signal);
  } finally {
    await forget(db, hadLedger);
  }
}

/** Aborted by Ctrl-C, and looked at between two steps, so that nothing is left half-way. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new Interrupted());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return controller.signal;
}

class Interrupted extends Error {}

main().catch((error: unknown) => {
  process.exitCode = error instanceof Interrupted ? INTERRUPTED : 1;
  if (error instanceof Interrupted) return complain('\nInterrupted. Nothing is left behind.');
  if (error instanceof MigrationError && error.code === 'TENANT_EXISTS') {
    return complain(
      `This database has a schema "${error.org}" already. The demo leaves it alone and stops: nothing was changed.`,
    );
  }
  complain(reasonOf(error));
});

/** What is wrong outside of this program needs no stack. */
function reasonOf(error: unknown): string {
  if (error instanceof BadFile || error instanceof MigrationError) return error.message;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (code === undefined) return String(stack);
  return `The server can not be used: ${message || code}. Look at DATABASE_URL, or unset it.`;
}
