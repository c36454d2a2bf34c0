import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Fault, Stage } from '../fault';
import { orgOf, withSession } from '../fault';
import { atNth, BATCH, COMMIT } from './cuts';

/** The server ends a statement that waits; only what sets a time of its own may wait longer. */
export const statementTimeout: Fault = {
  needs: { mode: 'withTenant' },
  inject: async (stage, { ms }) => {
    await setOnServer(stage.admin, 'statement_timeout', '60ms');
    let holding: Promise<void> = Promise.resolve();
    await new Promise<void>((held) => {
      holding = withSession(stage, async (session) => {
        await session.raw('set local statement_timeout = 0');
        await session.raw('lock table ??.metadata in access exclusive mode', [orgOf(stage)]);
        stage.trace.note('FAULT statement_timeout of 60 ms, and a table that everybody waits for');
        held();
        await sleep(70 + ms / 4);
      }).finally(held);
    });
    return {
      hasStruck: () => true,
      end: async () => {
        await holding;
        await resetOnServer(stage, 'statement_timeout');
      },
    };
  },
};

/** The server ends a session whose next statement, or whose COMMIT, is long in coming. */
export const idleTimeout: Fault = {
  needs: { change: 'addField' },
  inject: async (stage, plan) => {
    await setOnServer(stage.admin, 'idle_in_transaction_session_timeout', '40ms');
    const pause = atNth(stage, plan, plan.coin ? COMMIT : BATCH, () => sleep(120));
    return {
      hasStruck: pause.hasStruck,
      end: async () => {
        await pause.end();
        await resetOnServer(stage, 'idle_in_transaction_session_timeout');
      },
    };
  },
};

async function setOnServer(admin: Knex, name: string, value: string): Promise<void> {
  await admin.raw(`alter system set ${name} = '${value}'`);
  await reloaded(admin, name, value);
}

async function resetOnServer({ admin }: Stage, name: string): Promise<void> {
  await admin.raw(`alter system reset ${name}`);
  await reloaded(admin, name, '0');
}

/** The postmaster tells its sessions in its own time. */
async function reloaded(admin: Knex, name: string, value: string): Promise<void> {
  await admin.raw('select pg_reload_conf()');
  const deadline = Date.now() + 2000;
  while (Date.now() < deadline) {
    const { rows } = await admin.raw('select current_setting(?) as value', [name]);
    if (rows[0].value === value) return;
    await sleep(5);
  }
}
