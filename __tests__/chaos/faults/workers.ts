import type { Fault, FaultPlan, Injected, Stage } from '../fault';
import type { Exchange } from '../proxy';
import type { Worker } from '../cluster/cluster';

/** What a coordinator says to a worker: a change of a shard, and the ends of its part of a transaction. */
const CHANGE = /worker_apply_shard_ddl_command|\b(?:create|alter) table\b/i;
const PREPARE = /^prepare transaction\b/i;
const COMMIT_PREPARED = /^commit prepared\b/i;
const COMMIT = /^commit\s*;?$/i;
const ROWS = /^(?:insert|delete)\b/i;

type Strike = (exchange: Exchange, plan: FaultPlan, worker: Worker, stage: Stage) => void | Promise<void>;

/** Before the worker has it, or before its answer is back. */
const cut: Strike = async (exchange, { how, coin }) => {
  if (coin) await exchange.ask();
  exchange.cut(how);
};

/** The worker's server kills itself over the session, and recovers. */
const kill: Strike = async (exchange, { coin }, worker) => {
  if (coin) await exchange.ask();
  await worker.killSession(exchange.pid);
};

const restart: Strike = async (exchange, { coin, ms }, worker) => {
  if (coin) await exchange.ask();
  await worker.restart(ms % 2 === 0 ? 'fast' : 'immediate');
};

const terminate: Strike = async (exchange, { coin }, worker) => {
  const ended = worker.admin.raw('select pg_terminate_backend(?)', [exchange.pid]);
  await Promise.allSettled(coin ? [ended] : [ended, exchange.ask()]);
};

/** The coordinator's session ends while it waits for the worker, which may have done it. */
const terminateCoordinator: Strike = async (exchange, { coin }, _worker, stage) => {
  if (coin) await exchange.ask();
  await stage.admin
    .raw(
      `select pg_terminate_backend(pid, 3000) from pg_stat_activity where application_name = 'chaos-service' and state = 'active'`,
    )
    .catch(() => undefined);
};

export const workerFaults = {
  'worker cut at a change': at(CHANGE, cut, { change: 'addField' }),
  'worker cut at rows': at(ROWS, cut),
  'worker cut at PREPARE': at(PREPARE, cut, { change: 'addField' }),
  'worker cut at COMMIT PREPARED': at(COMMIT_PREPARED, cut, { change: 'addField' }),
  'worker cut at its COMMIT': at(COMMIT, cut, { change: 'rows only', mode: 'withTenant' }),
  'worker session terminated': at(/./, terminate),
  'worker killed at PREPARE': at(PREPARE, kill, { change: 'addField' }),
  'worker killed at COMMIT PREPARED': at(COMMIT_PREPARED, kill, { change: 'addField' }),
  'worker restarted at a change': at(CHANGE, restart, { change: 'addField' }),
  'worker restarted at COMMIT PREPARED': at(COMMIT_PREPARED, restart, { change: 'addField' }),
  'coordinator session ended at PREPARE': at(PREPARE, terminateCoordinator, { change: 'addField' }),
  'coordinator session ended at COMMIT PREPARED': at(COMMIT_PREPARED, terminateCoordinator, { change: 'addField' }),
  "coordinator session ended at its worker's COMMIT": at(COMMIT, terminateCoordinator, {
    change: 'rows only',
    mode: 'withTenant',
  }),
} satisfies Record<string, Fault>;

/** Strikes once, at the nth question of the round to any worker that looks so. */
function at(pattern: RegExp, strike: Strike, needs: Fault['needs'] = {}): Fault {
  return {
    needs,
    inject: async (stage, plan): Promise<Injected> => {
      const { name, nth } = plan;
      let seen = 0;
      let striking: void | Promise<void>;
      const removals = (stage.cluster?.workers ?? []).map((worker) =>
        worker.line.onExchange((exchange) => {
          if (!pattern.test(exchange.sql.trim())) return;
          seen += 1;
          if (seen !== nth) return;
          stage.trace.note(`FAULT ${name}, worker ${new URL(worker.url).port}: ${exchange.sql}`);
          striking = strike(exchange, plan, worker, stage);
          return striking;
        }),
      );
      return {
        hasStruck: () => seen >= nth,
        end: async () => {
          removals.forEach((remove) => remove());
          await striking;
        },
      };
    },
  };
}
