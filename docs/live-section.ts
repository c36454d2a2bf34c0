// The measured part of docs/online.md, from docs/live/results.json, which npm run live writes.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KindResult, LiveResults, Range, Run, WayResult } from '../__tests__/live/results';
import { CLIENTS } from '../__tests__/live/client';
import { beyondBars, LONGEST_MS, P99_TIMES } from '../__tests__/live/results';

const SECTION = /(<!-- live: [^\n]*\n).*?(?=\n<!-- end of live -->)/s;
const folder = join(__dirname, 'live');

/** The document with the section as the results are. */
export function withLiveSection(document: string): string {
  const path = join(folder, 'results.json');
  if (!existsSync(path)) return document;
  const results = JSON.parse(readFileSync(path, 'utf8')) as LiveResults;
  return document.replace(SECTION, (_all, start: string) => start + section(results));
}

export function writeSection(): void {
  const path = join(__dirname, 'online.md');
  writeFileSync(path, withLiveSection(readFileSync(path, 'utf8')));
}

function section(results: LiveResults): string {
  const { kinds, rows, runs, quietMs, snapshotMs } = results;
  const beyond = kinds.filter(({ online }) => beyondBars(online).length > 0);
  const verdict =
    beyond.length === 0
      ? `In every run of every kind, no client waited longer than ${LONGEST_MS} ms, and the 99th percentile of the waits was at most ${P99_TIMES} times that of the quiet time before.`
      : `Beyond ${LONGEST_MS} ms, or ${P99_TIMES} times the 99th percentile of the quiet time before, in at least one run: ${beyond.map(({ name }) => name).join(', ')}.`;
  return [
    `\`npm run live\` measures what clients notice. ${CLIENTS} of them read and write a table of ${rows.toLocaleString('en')} rows all the time: simple statements, named prepared statements, and transactions of about 50 ms, a fifth of the writes on ${HOT}. As the online change begins, an autovacuum of the table is under way, and a transaction in another schema keeps its snapshot for ${snapshotMs / 1000} s: \`CONCURRENTLY\` waits for it, and keeps nobody waiting. The plain change has the same transaction beside it, and no autovacuum.`,
    verdict,
    table(kinds),
    `Medians of ${runs} ${runs === 1 ? 'run' : 'runs'}, with the least and the most in brackets. A wait is the time from a statement to its answer, so it includes waits for rows that other clients have locked. The 99th percentile is that of all waits from the beginning of the change to its end, beside that of the ${quietMs / 1000} s before it. ${failedWords(kinds)} ${rowsWords(kinds)}`,
    ...busyWords(results),
    machineWords(results),
    ...readdirSync(folder)
      .filter((file) => file.endsWith('.svg'))
      .sort()
      .map(
        (file) =>
          `![The longest wait of a client over time: ${file.replace('.svg', '').replaceAll('-', ' ')}](live/${file})`,
      ),
    `The grey part is the change; the dashed line is ${LONGEST_MS} ms.`,
  ].join('\n\n');
}

const HOT = 'the same 50 rows';

function table(kinds: readonly KindResult[]): string {
  const head = [
    'change',
    'longest wait, ms',
    '99th percentile, ms',
    'before, ms',
    'takes, s',
    'plain: longest wait, ms',
    'plain: takes, s',
  ];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map((_cell, at) => (at === 0 ? '---' : '---:'))),
    ...kinds.map(({ name, online, plain }) =>
      line([
        name,
        ms(online.longestMs),
        ms(online.p99Ms),
        ms(online.quietP99Ms),
        seconds(online.totalMs),
        `${ms(plain.longestMs)}${gaveUp(plain)}`,
        seconds(plain.totalMs),
      ]),
    ),
  ].join('\n');
}

function gaveUp({ runs }: WayResult): string {
  const failed = runs.filter(({ error }) => error !== undefined).length;
  return failed === 0 ? '' : `, failed in ${failed} of ${runs.length}`;
}

function rowsWords(kinds: readonly KindResult[]): string {
  const wrong = kinds.filter(({ online }) =>
    online.runs.some((run) => run.wrong.length > 0 || run.error !== undefined),
  );
  return wrong.length === 0
    ? 'Afterwards each row was what its clients had written: NULLs, deleted rows and counters included.'
    : `**The change or its rows were not as expected**: ${wrong.map(({ name }) => name).join(', ')}.`;
}

/** A busy machine makes the time before a change slow as well, and a multiple of that easier to keep. */
function busyWords({ machine, kinds }: LiveResults): string[] {
  const least = Math.min(...kinds.flatMap(({ online }) => online.runs.map(({ load }) => load)));
  if (least < 2 * machine.cores) return [];
  return [
    `**Other work kept this machine busy all the time**: its load average was never below ${least.toFixed(1)}, on ${machine.cores} cores. Waits are longer than on a machine with nothing else to do, and so is the 99th percentile before a change: that the one during it is a small multiple of that says less here than it would there.`,
  ];
}

function failedWords(kinds: readonly KindResult[]): string {
  const words = kinds.flatMap(({ name, online }) => {
    const counts = new Map<string, number>();
    for (const { failed } of online.runs) {
      for (const [state, count] of Object.entries(failed)) counts.set(state, (counts.get(state) ?? 0) + count);
    }
    return [...counts].map(([state, count]) => `${count} with \`${state}\` (${name})`);
  });
  const operations = kinds.flatMap(({ online }) => online.runs.map(({ during }) => during.count));
  const total = operations.reduce((sum, count) => sum + count, 0).toLocaleString('en');
  if (words.length === 0) return `Of ${total} statements during online changes, none failed.`;
  return `Of ${total} statements during online changes, these failed: ${words.join(', ')}: the first use of a named statement by each client after a swap.`;
}

function machineWords({ machine, kinds }: LiveResults): string {
  const all = kinds.flatMap(({ online, plain }) => [...online.runs, ...plain.runs]);
  const loads = all.map(({ load }: Run) => load);
  const commits = [...new Set(kinds.map(({ commit }) => commit))];
  const settings = Object.entries(machine.settings).map(([name, value]) => `${name} ${value}`);
  return `Measured on ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, which the clients, the server and other work shared (load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}); Node ${machine.node}; PostgreSQL ${machine.postgres}; ${settings.join(', ')}; at ${commits.join(' and ')}, ${machine.date.slice(0, 10)}. \`lockTimeoutMs\` was 200. All runs are in \`docs/live/results.json\` of the repository.`;
}

function ms({ median, least, most }: Range): string {
  return `${digits(median)} (${digits(least)}–${digits(most)})`;
}

function seconds({ median, least, most }: Range): string {
  return ms({ median: median / 1000, least: least / 1000, most: most / 1000 });
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
