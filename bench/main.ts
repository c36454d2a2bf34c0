// Runs the workloads and writes docs/benchmarks/.
import { parseArgs } from 'node:util';
import { machineOf } from './machine.ts';
import { startNetwork } from './network.ts';
import type { Network } from './network.ts';
import { modelsToProvision } from './models.ts';
import { write } from './report/write.ts';
import { startServer } from './server.ts';
import type { Server } from './server.ts';
import { medianOf } from './statistics.ts';
import { networkUrl } from './measure.ts';
import { columns } from './workloads/columns.ts';
import type { Context } from './workloads/context.ts';
import { withDatabase } from './workloads/context.ts';
import { fanOut } from './workloads/fan-out.ts';
import { growth } from './workloads/growth.ts';
import { memory } from './workloads/memory.ts';
import { provision } from './workloads/provision.ts';
import { real } from './workloads/real.ts';
import pg from 'pg';

const USAGE = `npm run bench -- [--quick] [--only W1,W2,W4,W5,W6,memory] [--latency 0,1,5] [--out folder]

  --quick    about five minutes instead of forty
  --only     some workloads; W2 brings W3 along
  --latency  milliseconds of round trip that are added
  --out      where the page is written; default docs/benchmarks`;

const WORKLOADS = ['W1', 'W2', 'W4', 'W5', 'W6', 'memory'] as const;
const TABLES_A_TENANT = 20;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: WORKLOADS.join() },
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
  const seconds = Number(values.seconds ?? (quick ? 12 : 120));
  const context: Context = {
    server,
    network,
    quick,
    latenciesMs: values.latency.split(',').map(Number),
    budget: (share = 1) => ({ seconds: seconds * share, minRounds: quick ? 2 : 5, maxRounds: quick ? 10 : 40 }),
    progress: (text) => {
      const elapsed = Math.round((performance.now() - startedAt) / 1000);
      console.error(`${String(elapsed).padStart(5)} s  ${text}`);
    },
  };
  const only = values.only.split(',');
  const wanted = (name: (typeof WORKLOADS)[number]): boolean => only.includes(name);
  const machine = machineOf(server, process.argv.slice(2));
  const provisioned = { latenciesMs: context.latenciesMs, modelsOf };
  const latencies = await measuredLatencies(context);
  const results = {
    machine,
    latencies,
    ...(wanted('W1') && {
      provision: await provision(context, { ...provisioned, name: 'provision', schema: true, share: 1.5 }),
      models: await provision(context, {
        ...provisioned,
        name: 'models',
        schema: false,
        share: 1,
        only: ({ name }) => ['tenant-ddl', 'pg', 'knex', 'one query', 'one query, no flush'].includes(name),
      }),
    }),
    ...(wanted('W2') && { columns: await columns(context) }),
    ...(wanted('W4') && { fanOut: await fanOut(context) }),
    ...(wanted('W6') && { real: await real(context) }),
    ...(wanted('memory') && { memory: await memory(context) }),
    // Last: so many tables keep the server's disk busy for a while.
    ...(wanted('W5') && { growth: await growth(context) }),
  };
  write({ ...results, seconds: Math.round((performance.now() - startedAt) / 1000) }, values.out);
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
