import type { Results } from '../results.ts';
import type { Row, Table } from '../rows.ts';
import type { GrowthPoint } from '../workloads/growth.ts';
import type { RolloutResult } from '../workloads/rollouts.ts';
import type { Chart } from './svg.ts';
import { digits, spread, table } from './format.ts';
import { summary } from './summary.ts';
import { verdictsOf } from './targets.ts';

/** docs/benchmarks/README.md, from the results alone. */
export function pageOf(results: Results, charts: readonly Chart[]): string {
  const { provision, models, columns, fanOut, real, growth, memory, rollouts } = results;
  const chart = (file: string): string[] =>
    charts.filter((each) => each.file === file).map(({ alt }) => `![${alt}](${file})`);
  const parts = [
    '# Benchmarks',
    ...summary(results),
    intro(results),
    ...section('Targets', targets(results)),
    ...section(
      'W1: provision a tenant',
      provision && [
        'A schema and 20 tables of 10 columns: all seven basic types, three defaults, four NOT NULL, a key, a unique, a foreign key to the table before. One transaction, where the entry has one: `tenant-ddl` on a bare Knex has two, `createTenant` and `createModels`.',
        ...chart('provision.svg'),
        ...tables(provision),
      ],
    ),
    ...section(
      'W1 without the schema: createModels',
      models && [
        'The same 20 tables in a schema that is there already: one call of `createModels`.',
        ...tables(models),
      ],
    ),
    ...section(
      'W2: add a column',
      columns && [
        'With a lock timeout of a second, on 300 tables, which are made anew for each round. In its turn an entry changes a hundred of them, one after the other; at 5 ms fifty, in a quick run a fifth of that. tenant-ddl also sets a statement timeout, takes the advisory lock of the tenant, and learns the id of the transaction, so that a connection lost during COMMIT has a known outcome.',
        ...chart('add-column.svg'),
        ...tables(columns.addColumn),
      ],
    ),
    ...section('W3: drop a column', columns && tables(columns.dropColumn)),
    ...section(
      'W4: one column in many tenants',
      fanOut && [
        ...chart('fan-out.svg'),
        ...fanOut.map(({ latencyMs, connections, tenants, rounds, rows }) =>
          [
            `**${connections} ${connections === 1 ? 'connection' : 'connections'}, ${latencyMs} ms, ${tenants} tenants** (${rounds} rounds)`,
            table(
              ['', 'tenants a second', 'to knex', 'to one query', 'client CPU, ms a tenant', 'heap at most, MB'],
              rows.map((row) => [
                nameOf(row),
                spread(row.tenantsPerSecond),
                spread(row.toKnex),
                spread(row.toLimit),
                spread(row.cpuMs),
                spread(row.heapMb),
              ]),
            ),
          ].join('\n\n'),
        ),
      ],
    ),
    ...section('W5: as the database grows', growth && [...chart('growth.svg'), growthTable(growth)]),
    ...section(
      'W6: models of real products',
      real?.flatMap(({ models: name, tables: count, columns: fields, results: own }) => [
        `**${name}**: ${count} tables, ${fields} columns, with their indexes, checks, foreign keys and comments, in a schema that is there already.`,
        ...tables(own),
      ]),
    ),
    ...section('W7: rollouts', rollouts && rolloutParts(rollouts)),
    ...section(
      'Memory',
      memory && [
        'The heap after a garbage collection, after many changes in one process, beyond what it was after the first tenth.',
        table(
          ['', 'changes', 'grown, MB'],
          memory.map(({ entry, changes, grownMb }) => [entry, String(changes), digits(grownMb)]),
        ),
      ],
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function section(title: string, parts: readonly string[] | undefined): string[] {
  return parts === undefined || parts.length === 0 ? [] : [`## ${title}`, ...parts];
}

function intro({ machine, latencies, seconds }: Results): string {
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  const settings = Object.entries(machine.settings).map(([name, value]) => `${name} ${value}`);
  const added = latencies.map(({ added: ms, roundTripMs }) => `${ms} ms (\`select 1\`: ${digits(roundTripMs)} ms)`);
  return [
    `\`npm run bench\` makes this page, in ${Math.round(seconds / 60)} minutes here; \`npm run bench -- --quick\` in about five.${machine.arguments.includes('--quick') ? ' **This is a quick run.**' : ''}`,
    `- **Machine**: ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}; Node ${machine.node}; PostgreSQL ${machine.postgres}; ${settings.join(', ')}.`,
    `- **Versions**: ${packages.join(', ')}; tenant-ddl at ${machine.commit}; ${machine.date.slice(0, 10)}.`,
    `- **Latency** is added to each round trip by a TCP proxy: ${added.join(', ')}.`,
    '- **Each number** is a median, with its quartiles in brackets. Entries take turns in rounds, every round in another order. A ratio is of two measured in the same round, so that what slows the machine slows both; below 1 is faster. Absolute times are those of this machine.',
    '- **The same work**: what each entry left in the catalog is compared with what plain SQL leaves, every time, or the run fails. **Round trips** are counted on the wire. **Client CPU** is that of the process, the driver included.',
    '- **Limits**: *one query* sends everything as one simple query, which is one transaction: no client can send less. *No flush* does not wait for the disk at COMMIT.',
  ].join('\n');
}

function targets(results: Results): string[] {
  const verdicts = verdictsOf(results);
  if (verdicts.length === 0) return [];
  const missed = verdicts.filter(({ met }) => !met).length;
  return [
    `${verdicts.length - missed} met, ${missed} missed.`,
    table(
      ['', 'target', 'measured', ''],
      verdicts.map(({ what, target, measured, met }) => [what, target, measured, met ? 'met' : '**missed**']),
    ),
  ];
}

function tables(all: readonly Table[]): string[] {
  return all.map(({ latencyMs, rounds, rows }) =>
    [
      `**${latencyMs} ms** (${rounds} rounds or samples)`,
      table(
        ['', 'round trips', 'ms', 'to pg', 'to knex', 'to one query', 'client CPU, ms', 'CPU to one query'],
        rows.map((row) => [
          nameOf(row),
          String(row.roundTrips ?? '–'),
          spread(row.ms),
          spread(row.toPg),
          spread(row.toKnex),
          spread(row.toLimit),
          spread(row.cpuMs),
          spread(row.cpuToLimit),
        ]),
      ),
    ].join('\n\n'),
  );
}

function nameOf({ entry, how, kind }: Pick<Row, 'entry' | 'how' | 'kind'>): string {
  const name = kind === 'ours' ? `**${entry}**` : kind === 'limit' ? `*${entry}*` : entry;
  return `${name}<br><sub>${how}</sub>`;
}

function rolloutParts({ paces, whole, clients }: RolloutResult): string[] {
  const { tenants, ms, statusMs, rollouts } = whole;
  return [
    'One column in many tenants by `rollOut` over 4 connections, its ledger included, beside one simple query for each tenant over as many.',
    table(
      ['latency, ms', 'tenants', 'rollOut, tenants a second', 'one query, tenants a second', 'ratio'],
      paces.map((pace) => [
        String(pace.latencyMs),
        String(pace.tenants),
        spread(pace.rollOut),
        spread(pace.oneQuery),
        spread(pace.ratio),
      ]),
    ),
    `${tenants} tenants from the call to its report: ${digits(ms / 1000)} s. The status of one of ${rollouts} rollouts over as many tenants: ${spread(statusMs)} ms.`,
    'What a client of another tenant waits for one insert, while half of the tenants are changed:',
    table(
      ['', 'p50, ms', 'p99, ms', 'inserts'],
      Object.entries(clients).map(([when, { p50, p99, count }]) => [when, digits(p50), digits(p99), String(count)]),
    ),
  ];
}

function growthTable(points: readonly GrowthPoint[]): string {
  return table(
    ['', 'tables', 'provision, ms', 'to one query', 'add a column, ms'],
    points.map(({ entry, tables: size, provisionMs, toLimit, addColumnMs }) => [
      entry,
      String(size),
      spread(provisionMs),
      spread(toLimit),
      spread(addColumnMs),
    ]),
  );
}
