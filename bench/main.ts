// Runs the workloads and writes docs/benchmarks/.
import { parseArgs } from 'node:util';
import { machineOf } from './machine.ts';
import { startNetwork } from './network.ts';
import type { Network } from './network.ts';
import { modelsToProvision } from './models.ts';
import { write } from './report/write.ts';
import type { Results } from './results.ts';
import { startServer } from './server.ts';
import type { Server } from './server.ts';
import { medianOf } from './statistics.ts';
import { networkUrl } from './measure.ts';
import { columns } from './workloads/columns.ts';
import type { Context } from './workloads/context.ts';
import { withDatabase } from './workloads/context.ts';
import { drift } from './workloads/drift.ts';
import { fanOut } from './workloads/fan-out.ts';
import { growth } from './workloads/growth.ts';
import { memory } from './workloads/memory.ts';
import { provision } from './workloads/provision.ts';
import { real } from './workloads/real.ts';
import { rollouts } from './workloads/rollouts.ts';
import pg from 'pg';

const USAGE = `npm run bench -- [--quick] [--only W1,W2,W4,W5,W6,W7,W8,memory] [--latency 0,1,5] [--out folder]

  --quick    about five minutes instead of forty
  --only     some workloads; W2 brings W3 along
  --latency  milliseconds of round trip that are added
  --out      where the page is written; default docs/benchmarks`;

/** In the order in which they run. */
const workloads: Readonly<Record<string, (context: Context) => Promise<Partial<Results>>>> = {
  W1: async (context) => {
    const provisioned = { latenciesMs: context.latenciesMs, modelsOf };
    return {
      provision: await provision(context, { ...provisioned, name: 'provision', schema: true, share: 1.5 }),
      models: await provision(context, {
        ...provisioned,
        name: 'models',
        schema: false,
        share: 1,
        only: ({ name }) => ['tenant-ddl', 'pg', 'knex', 'one query', 'one query, no flush'].includes(name),
      }),
    };
  },
  W2: async (context) => ({ columns: await columns(context) }),
  W4: async (context) => ({ fanOut: await fanOut(context) }),
  W6: async (context) => ({ real: await real(context) }),
  W7: async (context) => ({ rollouts: await rollouts(context) }),
  W8: async (context) => ({ drift: await drift(context) }),
  memory: async (context) => ({ memory: await memory(context) }),
  // Last: so many tables keep the server's disk busy for a while.
  W5: async (context) => ({ growth: await growth(context) }),
};

const TABLES_A_TENANT = 20;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(workloads).join() },
    latency: { type: 'string', default: '0,1,5' },
    out: { type: 'string', default: '../docs/benchmarks' },
    // For work on the bench itself: the seconds a table gets.
    seconds: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else {
  const server = await startServer();
  const network = await startNetwork(server.url);
  try {
    await run(server, network);
  } finally {
    network.close();
    await server.stop();
  }
}

async function run(server: Server, network: Network): Promise<void> {
  const { quick } = values;
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1000);
  const secondsATable = Number(values.seconds ?? (quick ? 12 : 30));
  const context: Context = {
    server,
    network,
    quick,
    latenciesMs: values.latency.split(',').map(Number),
    budget: (share = 1) => ({ seconds: secondsATable * share, minRounds: quick ? 2 : 5, maxRounds: quick ? 10 : 40 }),
    progress: (text) => console.error(`${String(seconds()).padStart(5)} s  ${text}`),
  };
  const only = values.only.split(',');
  const machine = machineOf(server, process.argv.slice(2));
  let results: Results = { machine, latencies: await measuredLatencies(context), seconds: 0 };
  for (const [name, measure] of Object.entries(workloads)) {
    if (!only.includes(name)) continue;
    results = { ...results, ...(await measure(context)), seconds: seconds() };
    // After each: what ends a long run does not take along what it has found out.
    write(results, values.out);
  }
}

function modelsOf(org: string) {
  return modelsToProvision(org, TABLES_A_TENANT);
}

/** What `select 1` takes, so that the page says what a latency really was. */
function measuredLatencies(context: Context): Promise<{ added: number; roundTripMs: number }[]> {
  return withDatabase(context, 'latency', async (database) => {
    const measured = [];
    for (const added of context.latenciesMs) {
      await context.network.setDelay(added);
      const client = new pg.Client(added === 0 ? database.url : networkUrl(context.network, database.url));
      await client.connect();
      const times: number[] = [];
      for (let round = 0; round < 100; round += 1) {
        const startedAt = performance.now();
        await client.query('select 1');
        times.push(performance.now() - startedAt);
      }
      await client.end();
      measured.push({ added, roundTripMs: medianOf(times) });
    }
    return measured;
  });
}
