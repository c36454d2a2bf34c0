import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { addFieldToModel, createModel, dropFieldFromModel, MigrationError, withTenant } from '../../lib';
import type { ChangeOptions, FieldSpec, Logger } from '../../lib';
import type { TaskPlan } from './task-plan';
import { nameOf } from './tenants';
import { TIME_LIMITS } from './time-limits';
import type { Trace } from './trace';

/** What the caller was told, and what it had decided by then. */
export interface Outcome {
  readonly task: TaskPlan;
  /** `doubt`: the caller's own COMMIT failed, whose fate is not the library's to know. */
  readonly told: 'success' | 'failure' | 'doubt';
  readonly error: unknown;
  /** The change succeeded inside the transaction, as the last attempt has it. */
  readonly changed: boolean;
  readonly attempts: number;
  /** Changes that the log says ran. */
  readonly logged: number;
  /** What was not as it should be while it ran. */
  readonly violations: readonly string[];
}

interface Run {
  readonly task: TaskPlan;
  readonly trace: Trace;
  readonly options: ChangeOptions;
  readonly violations: string[];
  attempts: number;
  changed: boolean;
  reachedCommit: boolean;
}

/** The task's own decision to have nothing of it. */
class GivenUp extends Error {}

export async function runTask(task: TaskPlan, db: Knex, trace: Trace): Promise<Outcome> {
  let logged = 0;
  const logger = loggerOf(task, trace, () => (logged += 1));
  const options = {
    lockTimeoutMs: 120,
    statementTimeoutMs: TIME_LIMITS.statementTimeoutMs,
    retry: { maxAttempts: task.maxAttempts, delayMs: 20, maxDelayMs: 60 },
    logger,
  };
  const run: Run = { task, trace, options, violations: [], attempts: 0, changed: false, reachedCommit: false };
  await sleep(task.startMs);
  trace.note(`${task.id} begins: ${task.change} by ${task.mode} on ${task.org}`);
  let error: unknown;
  let told: Outcome['told'] = 'success';
  try {
    await modes[task.mode](run, db);
  } catch (thrown) {
    error = thrown;
    told = task.mode === 'callers transaction' && run.reachedCommit ? 'doubt' : 'failure';
  }
  trace.note(`${task.id} ends: ${told}${told === 'success' ? '' : `, ${wordsOf(error)}`}, attempts ${run.attempts}`);
  return { task, told, error, changed: run.changed, attempts: run.attempts, logged, violations: run.violations };
}

const modes: Record<TaskPlan['mode'], (run: Run, db: Knex) => Promise<void>> = {
  withTenant: (run, db) => withTenant(run.task.org, db, (tenant) => inTransaction(run, tenant), run.options),
  'callers transaction': (run, db) =>
    db.transaction(async (trx) => {
      await trx.raw(`set local lock_timeout = '777ms'; set local search_path = 'pg_catalog'`);
      await inTransaction(run, trx);
      await assertSettingsKept(run, trx);
      run.reachedCommit = true;
    }),
  'bare Knex': async (run, db) => {
    await changeOf(run, db);
    run.changed = true;
  },
};

/** A change with its row of metadata, a later statement, and what the caller makes of errors. */
async function inTransaction(run: Run, trx: Knex): Promise<void> {
  const { task } = run;
  run.attempts += 1;
  run.changed = false;
  const { org, swallows } = task;
  if (task.failsFirst)
    await ignoringFailure(() => addFieldToModel(org, 'base', { name: 'id', type: 'Int' }, trx, run.options));
  const change = async (): Promise<void> => {
    await changeOf(run, trx);
    run.changed = true;
  };
  // An error of a statement of its own, swallowed, would be the caller's own undoing.
  if (swallows === 'the change') await ignoringFailure(change);
  else await change();
  if (run.changed) await recordMetadata(run, trx);
  await trx('note').withSchema(org).insert({ task: task.id });
  if (swallows === 'a statement') await ignoringFailure(() => trx.raw('select 1 / 0'));
  if (task.givesUp) throw new GivenUp('given up');
}

async function changeOf({ task, options }: Run, db: Knex): Promise<void> {
  const { org, change, references } = task;
  const name = nameOf(task);
  const fields = references.map((table): FieldSpec => {
    return {
      name: `${table}_id`,
      type: 'String',
      references: { schema: org, table, column: 'id', onDelete: 'RESTRICT' },
    };
  });
  const [reference] = fields;
  switch (change) {
    case 'createModel':
      return void (await createModel(
        org,
        { table: name, fields: [{ name: 'id', type: 'String' }, ...fields] },
        db,
        options,
      ));
    case 'addField':
      return void (await addFieldToModel(org, 'base', { ...(reference ?? { type: 'Text' }), name }, db, options));
    case 'dropField':
      return void (await dropFieldFromModel(org, 'base', name, db, options));
    case 'rows only':
  }
}

async function recordMetadata({ task, attempts }: Run, trx: Knex): Promise<void> {
  const metadata = trx('metadata').withSchema(task.org);
  if (task.change === 'dropField') await metadata.where({ name: nameOf(task) }).delete();
  else await metadata.insert({ name: nameOf(task), attempt: attempts });
}

async function assertSettingsKept({ task, violations }: Run, trx: Knex): Promise<void> {
  const { rows } = await trx.raw(
    `select current_setting('lock_timeout') as lock, current_setting('search_path') as path`,
  );
  const { lock, path } = rows[0] as { lock: string; path: string };
  if (lock === '777ms' && path === 'pg_catalog') return;
  violations.push(`${task.id}: the caller's lock_timeout is ${lock} and its search_path ${path} after a change`);
}

async function ignoringFailure(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch {
    // What this caller does with its errors.
  }
}

function loggerOf({ id }: TaskPlan, trace: Trace, onRan: () => void): Logger {
  const note = (level: string) => (message: string, meta: Readonly<Record<string, unknown>>) =>
    trace.note(`${id} logs ${level}: ${message} ${JSON.stringify(meta)}`);
  return {
    debug: () => undefined,
    info: (message, meta) => {
      onRan();
      note('info')(message, meta);
    },
    warn: note('warn'),
    error: note('error'),
  };
}

export function wordsOf(error: unknown): string {
  if (error instanceof MigrationError) return `${error.code} ${error.sqlState ?? ''} (${error.message})`;
  return error instanceof Error ? error.message : String(error);
}
