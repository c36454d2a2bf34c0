import type { Results } from '../results.ts';
import type { Row, Table } from '../rows.ts';
import { digits } from './format.ts';
import type { Chart } from './svg.ts';
import { color, heading, layout, panelTitles, rendered } from './svg.ts';

const LINE_COLORS: Readonly<Record<string, string>> = {
  'tenant-ddl': color('ours'),
  'tenant-ddl, in a transaction': color('ours'),
  knex: color('green'),
  pg: color('peer'),
  postgres: color('violet'),
  kysely: color('pink'),
  'one query': color('limit'),
};

export function chartsOf({ provision, columns, fanOut, growth }: Results): Chart[] {
  const charts: Chart[] = [];
  if (provision !== undefined) {
    const title = 'Provision a tenant: a schema and 20 tables, milliseconds';
    charts.push({ file: 'provision.svg', alt: title, svg: bars(title, provision) });
  }
  if (columns !== undefined) {
    const title = 'Add a column, milliseconds';
    charts.push({ file: 'add-column.svg', alt: title, svg: bars(title, columns.addColumn) });
  }
  if (fanOut !== undefined) {
    const title = 'One column in many tenants: tenants a second, by connections';
    const latencies = [...new Set(fanOut.map(({ latencyMs }) => latencyMs))];
    const panels = latencies.map((latencyMs) => {
      const own = fanOut.filter((table) => table.latencyMs === latencyMs);
      const points = own.flatMap(({ connections, rows }) =>
        rows.map(({ entry, tenantsPerSecond }) => ({ entry, x: String(connections), y: tenantsPerSecond.median })),
      );
      return { title: latencyTitle(latencyMs), points };
    });
    charts.push({ file: 'fan-out.svg', alt: title, svg: lines(title, panels) });
  }
  if (growth !== undefined) {
    const title = 'What a tenant costs as the database grows, milliseconds, by tables';
    const panel = (name: string, value: 'provisionMs' | 'addColumnMs') => ({
      title: name,
      points: growth.map((point) => ({
        entry: point.entry,
        x: point.tables.toLocaleString('en'),
        y: point[value].median,
      })),
    });
    const panels = [panel('Provision 20 tables', 'provisionMs'), panel('Add a column', 'addColumnMs')];
    charts.push({ file: 'growth.svg', alt: title, svg: lines(title, panels) });
  }
  return charts;
}

const latencyTitle = (latencyMs: number): string => (latencyMs === 0 ? 'same machine' : `${latencyMs} ms away`);

/** One panel a latency, the same rows in each, the fastest at the second latency on top. */
function bars(title: string, tables: readonly Table[]): string {
  const order = (tables[1] ?? tables[0])?.rows.map(({ entry }) => entry) ?? [];
  const names = [...order].reverse();
  const left = 200;
  const height = 90 + names.length * 24;
  const panels = layout(tables.length, left, 44);
  const rowOf = (table: Table, name: string): Row | undefined => table.rows.find(({ entry }) => entry === name);
  return rendered(height, {
    ...heading(title),
    graphic: panelTitles(
      tables.map(({ latencyMs }) => latencyTitle(latencyMs)),
      panels,
    ),
    grid: panels.map(({ x, width }) => ({ left: x, width, top: 66, bottom: 12 })),
    xAxis: tables.map((_, at) => ({ type: 'value', gridIndex: at, show: false })),
    yAxis: tables.map((_, at) => ({
      type: 'category',
      gridIndex: at,
      data: names,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { show: at === 0, color: color('text'), fontSize: 12, interval: 0 },
    })),
    series: tables.map((table, at) => ({
      type: 'bar',
      xAxisIndex: at,
      yAxisIndex: at,
      barWidth: 14,
      data: names.map((name) => {
        const row = rowOf(table, name);
        return { value: row?.ms.median ?? 0, itemStyle: { color: color(row?.kind ?? 'peer') } };
      }),
      label: {
        show: true,
        position: 'right',
        color: color('text'),
        fontSize: 11,
        formatter: ({ value }: { value?: unknown }) => digits(Number(value)),
      },
    })),
  });
}

interface Panel {
  readonly title: string;
  readonly points: readonly { entry: string; x: string; y: number }[];
}

function lines(title: string, panels: readonly Panel[]): string {
  const places = layout(panels.length, 56, 56);
  const entries = Object.keys(LINE_COLORS).filter((name) =>
    panels.some(({ points }) => points.some(({ entry }) => entry === name)),
  );
  return rendered(380, {
    ...heading(title),
    legend: { bottom: 8, data: entries, textStyle: { color: color('text') }, itemHeight: 8, itemGap: 32 },
    graphic: panelTitles(
      panels.map((panel) => panel.title),
      places,
    ),
    grid: places.map(({ x, width }) => ({ left: x, width, top: 72, bottom: 72 })),
    xAxis: panels.map(({ points }, at) => ({
      type: 'category',
      gridIndex: at,
      data: [...new Set(points.map(({ x }) => x))],
      axisLine: { lineStyle: { color: color('line') } },
      axisLabel: { color: color('faint') },
    })),
    yAxis: panels.map((_, at) => ({
      type: 'value',
      gridIndex: at,
      splitLine: { lineStyle: { color: color('line') } },
      axisLabel: { color: color('faint') },
    })),
    series: panels.flatMap(({ points }, at) =>
      entries.map((name) => ({
        type: 'line' as const,
        name,
        xAxisIndex: at,
        yAxisIndex: at,
        symbol: 'circle',
        symbolSize: 6,
        color: LINE_COLORS[name] as string,
        lineStyle: {
          width: name.startsWith('tenant-ddl') ? 3 : 1.5,
          type: name === 'one query' ? ('dashed' as const) : ('solid' as const),
        },
        data: points.filter(({ entry }) => entry === name).map(({ x, y }) => [x, y]),
      })),
    ),
  });
}
