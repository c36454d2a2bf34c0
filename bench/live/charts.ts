import type { KindResult, WayResult } from '../../__tests__/live/results.ts';
import type { Chart } from '../report/svg.ts';
import { color, heading, layout, panelTitles, rendered } from '../report/svg.ts';

const ROW_HEIGHT = 130;
const TOP = 66;
/** Both ends of the axis, whose steps are powers of ten. */
const [LEAST_MS, MOST_MS] = [1, 10_000];

/** A chart for each group: a row for each kind, online on the left and plain on the right, all on one scale. */
export function liveCharts(kinds: readonly KindResult[], limitMs: number): Chart[] {
  const groups = [...new Set(kinds.map(({ group }) => group))];
  return groups.map((group) => {
    const title = `The longest wait of a client, by time: ${group}`;
    const own = kinds.filter((kind) => kind.group === group);
    return { file: `${group.replaceAll(' ', '-')}.svg`, alt: title, svg: panels(title, own, limitMs) };
  });
}

function panels(title: string, kinds: readonly KindResult[], limitMs: number): string {
  const places = layout(2, 64, 48);
  const all = kinds.flatMap(({ name, online, plain }, row) =>
    [online, plain].map((way, column) => ({
      name,
      way,
      row,
      place: places[column] as (typeof places)[number],
      column,
    })),
  );
  const axis = {
    axisLine: { lineStyle: { color: color('line') } },
    axisLabel: { color: color('faint'), fontSize: 11 },
  };
  return rendered(TOP + kinds.length * ROW_HEIGHT + 12, {
    ...heading(`${title} (ms; seconds)`),
    graphic: all.flatMap(({ name, row, place, column }) =>
      panelTitles([`${name}, ${column === 0 ? 'online' : 'plain'}`], [place], TOP + row * ROW_HEIGHT - 18),
    ),
    grid: all.map(({ row, place }) => ({
      left: place.x,
      width: place.width,
      top: TOP + row * ROW_HEIGHT,
      height: ROW_HEIGHT - 52,
    })),
    xAxis: all.map(({ way: { timeline } }, at) => ({
      type: 'value',
      gridIndex: at,
      max: Math.ceil((timeline.longestMs.length * timeline.binMs) / 1000),
      splitLine: { show: false },
      ...axis,
    })),
    yAxis: all.map((_, at) => ({
      type: 'log',
      gridIndex: at,
      min: LEAST_MS,
      max: MOST_MS,
      splitLine: { lineStyle: { color: color('line') } },
      axisLabel: {
        ...axis.axisLabel,
        formatter: (value: number) => (value === 10 || value === 1000 ? String(value) : ''),
      },
    })),
    series: all.map(({ way, column }, at) => ({
      type: 'line',
      xAxisIndex: at,
      yAxisIndex: at,
      symbol: 'none',
      color: color(column === 0 ? 'ours' : 'peer'),
      lineStyle: { width: 1.2 },
      data: pointsOf(way),
      markArea: {
        silent: true,
        itemStyle: { color: color('line'), opacity: 0.45 },
        data: [[{ xAxis: way.timeline.changeFrom / 1000 }, { xAxis: way.timeline.changeTo / 1000 }]],
      },
      markLine: {
        silent: true,
        symbol: 'none',
        label: { show: false },
        lineStyle: { color: color('limit'), type: 'dashed', width: 1 },
        data: [{ yAxis: limitMs }],
      },
    })),
  });
}

/** In a time without an answer, everybody waits for the next one. */
function pointsOf({ timeline: { binMs, longestMs } }: WayResult): [number, number][] {
  return longestMs.map((_ms, bin) => {
    const answered = longestMs.slice(bin).find((ms) => ms > 0) ?? 0;
    return [((bin + 1) * binMs) / 1000, Math.max(LEAST_MS, answered)];
  });
}
