// npm run live: online changes of a large table under traffic, beside the plain ones; writes docs/live/ and its part of docs/online.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { KindResult, LiveResults } from '../../__tests__/live/results.ts';
import { machineOf } from '../machine.ts';
import { startServer } from '../server.ts';
import type { Server } from '../server.ts';
import { liveCharts } from './charts.ts';
import { prepareDatabases } from './databases.ts';
import type { Databases } from './databases.ts';
import { beyondBars, faultsOf, LIVE_KINDS, LONGEST_MS, runTrial, wayResult, writeSection } from './harness.ts';

const USAGE = `npm run live -- [--rows 1000000] [--seconds 5] [--snapshot 30] [--runs 3] [--only index,type] [--seed 1] [--out folder] [--draw]

  --rows      of the table
  --seconds   of traffic before each change, as a measure
  --snapshot  seconds for which a foreign transaction keeps its snapshot
  --runs      of each change, online and plain
  --only      some kinds of change
  --out       where results.json and the charts are written; default docs/live, with the part of docs/online.md
  --draw      only the charts, and that part, of the results.json that is there`;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '5' },
    snapshot: { type: 'string', default: '30' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: LIVE_KINDS.map(({ name }) => name).join() },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
    draw: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** The forced autovacuum begins within a second; the rest are the server's ordinary settings, flushes to disk included. */
const SETTINGS = { autovacuum_naptime: '1s', max_wal_size: '4GB' };

const [rows, runs] = [Number(values.rows), Number(values.runs)];
const times = { rows, quietMs: Number(values.seconds) * 1000, snapshotMs: Number(values.snapshot) * 1000 };
const only = values.only.split(',');
const unknown = only.filter((name) => !LIVE_KINDS.some((kind) => kind.name === name));
const faults: string[] = [];

if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `No such kind: ${unknown.join(', ')}` : USAGE);
  process.exitCode = values.help ? 0 : 2;
} else if (values.draw) {
  draw(JSON.parse(readFileSync(join(folder(), 'results.json'), 'utf8')) as LiveResults);
} else {
  const server = await startServer(SETTINGS);
  try {
    await run(server);
  } finally {
    await server.stop();
  }
}

async function run(server: Server): Promise<void> {
  const databases = await prepareDatabases(server.url, rows);
  const machine = machineOf(server, process.argv.slice(2));
  const kept = keptKinds();
  const measured: KindResult[] = [];
  for (const { name } of LIVE_KINDS.filter((kind) => only.includes(kind.name))) {
    measured.push({ commit: machine.commit, ...(await measure(name, databases)) });
    const all = LIVE_KINDS.flatMap((kind) =>
      [...measured, ...kept].filter((each) => each.name === kind.name).slice(0, 1),
    );
    // After each: what ends a long run does not take along what it has found out.
    write({ machine, ...times, runs, kinds: all });
  }
  await databases.drop();
  const beyond = measured.flatMap(({ name, online }) => beyondBars(online).map((what) => `${name}, ${what}`));
  for (const fault of [...faults, ...beyond]) console.error(`NOT MET  ${fault}`);
  const isMet = faults.length + beyond.length === 0;
  console.error(isMet ? 'All within the bars.' : `${faults.length} faults, ${beyond.length} beyond the bars.`);
  process.exitCode = isMet ? 0 : 1;
}

/** What an earlier run has found out about other kinds, on a table of the same size. */
function keptKinds(): readonly KindResult[] {
  const path = join(folder(), 'results.json');
  if (!existsSync(path)) return [];
  const earlier = JSON.parse(readFileSync(path, 'utf8')) as LiveResults;
  const isAlike = [
    [earlier.rows, times.rows],
    [earlier.quietMs, times.quietMs],
    [earlier.snapshotMs, times.snapshotMs],
    [earlier.runs, runs],
  ].every(([was, is]) => was === is);
  return isAlike ? earlier.kinds.map((kind) => ({ ...kind, commit: kind.commit ?? earlier.machine.commit })) : [];
}

async function measure(name: string, databases: Databases): Promise<Omit<KindResult, 'commit'>> {
  const kind = LIVE_KINDS.find((each) => each.name === name) as (typeof LIVE_KINDS)[number];
  const trials = {
    online: [] as Parameters<typeof wayResult>[0][number][],
    plain: [] as Parameters<typeof wayResult>[0][number][],
  };
  const schemas = new Set<string>();
  for (let number = 1; number <= runs; number += 1) {
    for (const way of ['online', 'plain'] as const) {
      const trial = await databases.inCopy((url) =>
        runTrial({ url, kind, way, seed: Number(values.seed) + number, withAutovacuum: way === 'online', ...times }),
      );
      const [load = 0] = loadavg();
      trials[way].push({ trial, load });
      if (trial.error === undefined) schemas.add(trial.schema.join('\n'));
      const found = faultsOf(kind, trial).map((fault) => `${name}, ${way}, run ${number}: ${fault}`);
      faults.push(...found);
      console.error(line(name, way, number, trial, load), ...found.slice(0, 3));
    }
  }
  if (schemas.size > 1) faults.push(`${name}: the online change made another table than the plain one`);
  return { name, group: kind.group, online: wayResult(trials.online), plain: wayResult(trials.plain) };
}

function line(
  name: string,
  way: string,
  number: number,
  trial: Awaited<ReturnType<typeof runTrial>>,
  load: number,
): string {
  const { quiet, during, totalMs, failed, ownPauseMs } = trial;
  return [
    `${name}, ${way}, run ${number}:`.padEnd(48),
    `longest ${during.longestMs.toFixed(0)} ms (quiet ${quiet.longestMs.toFixed(0)}),`,
    `p99 ${during.p99Ms.toFixed(1)} (quiet ${quiet.p99Ms.toFixed(1)}), ${(totalMs / 1000).toFixed(1)} s,`,
    `${failed.length} failed, own pause ${ownPauseMs.toFixed(0)} ms, load ${load.toFixed(1)}; ${during.longest.sql} at ${during.longest.afterMs.toFixed(0)}`,
  ].join(' ');
}

function write(results: LiveResults): void {
  mkdirSync(folder(), { recursive: true });
  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(4)) : value;
  // Numbers of a list on one line.
  const text = JSON.stringify(results, rounded, 1).replaceAll(/\[[\d\s.,]+\]/g, (list) => list.replaceAll(/\s+/g, ''));
  writeFileSync(join(folder(), 'results.json'), `${text}\n`);
  draw(results);
}

function draw({ kinds }: LiveResults): void {
  for (const { file, svg } of liveCharts(kinds, LONGEST_MS)) writeFileSync(join(folder(), file), svg);
  if (values.out === undefined) writeSection();
}

function folder(): string {
  return values.out === undefined ? join(import.meta.dirname, '..', '..', 'docs', 'live') : resolve(values.out);
}
