import type { Knex } from 'knex';
import {
  applyChanges,
  changesFor,
  createModel,
  createTenant,
  diffModels,
  driftReport,
  dropTenant,
  formatDrift,
  formatRollout,
  inspectTenant,
  rollOut,
  rolloutStatus,
  type Change,
  type ModelSpec,
} from '../lib';
import { ROLLOUT } from './ledger';
import { QUIET } from './org';
import { bar, command, heading, say } from './screen';

const TENANTS = 200;
const AT_A_TIME = 4;

const INVOICE: ModelSpec = {
  table: 'invoice',
  fields: [
    { name: 'id', type: 'Int', identity: true },
    { name: 'amount', type: 'Decimal', precision: 12, scale: 2 },
  ],
};
const STATUS = { name: 'status', type: 'String', default: 'draft' } as const;
const CHANGES: readonly Change[] = [{ kind: 'addField', table: 'invoice', field: STATUS }];
const DESIRED: readonly ModelSpec[] = [{ ...INVOICE, fields: [...INVOICE.fields, STATUS] }];

/** A change of 200 tenants, and a tenant that somebody has changed by hand. What it makes is dropped again. */
export async function tellOfMany(db: Knex, signal: AbortSignal): Promise<void> {
  heading(`One change, ${TENANTS} tenants, each exactly once`);
  const names = Array.from({ length: TENANTS }, (_, at) => `demo-${String(at + 1).padStart(3, '0')}`);
  const made: string[] = [];
  try {
    await inTurns(names, signal, async (org) => {
      await createTenant(org, db, QUIET);
      made.push(org);
      await createModel(org, INVOICE, db, QUIET);
    });
    await rollingOut(names, db, signal);
    signal.throwIfAborted();
    await drifting(names, db);
  } finally {
    await inTurns(made, undefined, (org) => dropTenant(org, db, { confirm: org, ...QUIET }));
  }
}

async function rollingOut(orgs: readonly string[], db: Knex, signal: AbortSignal): Promise<void> {
  const running = rollOut({ name: ROLLOUT, changes: CHANGES }, db, { ...QUIET, orgs, maxPerSecond: 100, signal });
  let isRunning = true;
  const ended = running.finally(() => (isRunning = false));
  const show = bar();
  while (isRunning) {
    // Any process can ask the ledger, at any time.
    const status = await rolloutStatus(ROLLOUT, db).catch(() => undefined);
    if (status !== undefined) show(status.targets - status.pending, status.targets);
    await Promise.race([ended.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 100))]);
  }
  const report = await ended;
  show(report.targets - report.pending, report.targets);
  show.end();
  say(formatRollout(report));
  say('Killed half-way, the same call goes on where it ended. On your own database:');
  command(`tenant-ddl rollout start changes.json --name "${ROLLOUT}" --orgs-like "demo-%"`);
}

async function drifting(orgs: readonly string[], db: Knex): Promise<void> {
  heading('One of them is changed by hand');
  const [, , odd = ''] = orgs;
  const byHand = `alter table ??.invoice drop column status`;
  await db.raw(byHand, [odd]);
  say(`${db.raw(byHand, [odd]).toQuery()}, and then all ${orgs.length} are compared with the models:`);
  say(await driftOf(orgs, db));
  const changes = changesFor(diffModels(DESIRED, await inspectTenant(odd, db)));
  const { statements, durationMs } = await applyChanges(odd, changes, db, QUIET);
  say(`Mended in ${durationMs} ms, by the changes that the difference gives: ${statements.join('; ')}`);
  say(await driftOf(orgs, db));
  say('On your own database:');
  command(`tenant-ddl drift models.json --orgs-like "demo-%"`);
}

async function driftOf(orgs: readonly string[], db: Knex): Promise<string> {
  let text = '';
  for await (const report of driftReport(db, DESIRED, { orgs, logger: false })) text = formatDrift(report);
  return text;
}

/** Several at a time; what fails ends all of them, when those under way have ended. */
async function inTurns(
  orgs: readonly string[],
  signal: AbortSignal | undefined,
  run: (org: string) => Promise<unknown>,
): Promise<void> {
  const left = [...orgs];
  const next = async (): Promise<void> => {
    for (let org = left.shift(); org !== undefined; org = left.shift()) {
      signal?.throwIfAborted();
      await run(org).catch((error: unknown) => {
        left.length = 0;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_A_TIME }, next));
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
