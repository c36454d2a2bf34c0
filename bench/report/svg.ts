// What the charts look like: drawn without a browser, light or dark as the reader prefers.
import * as echarts from 'echarts';
import type { EChartsOption } from 'echarts';

export interface Chart {
  readonly file: string;
  readonly alt: string;
  readonly svg: string;
}

/** Light; the style sheet of the SVG turns each into its dark one where the reader prefers that. */
const COLORS = {
  text: { light: '#1f2328', dark: '#e6edf3' },
  faint: { light: '#59636e', dark: '#9198a1' },
  line: { light: '#d1d9e0', dark: '#3d444d' },
  ground: { light: '#ffffff', dark: '#0d1117' },
  ours: { light: '#0969da', dark: '#4493f8' },
  peer: { light: '#8c959f', dark: '#656c76' },
  limit: { light: '#bc4c00', dark: '#db6d28' },
  green: { light: '#1a7f37', dark: '#3fb950' },
  violet: { light: '#8250df', dark: '#ab7df8' },
  pink: { light: '#bf3989', dark: '#db61a2' },
} as const;

export const color = (name: keyof typeof COLORS): string => COLORS[name].light;

const WIDTH = 960;

export interface Place {
  readonly x: number;
  readonly width: number;
}

export function layout(count: number, left: number, gap: number): Place[] {
  const width = (WIDTH - left - gap * count) / count;
  return Array.from({ length: count }, (_, at) => ({ x: left + at * (width + gap), width }));
}

export function heading(text: string): EChartsOption {
  return {
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif' },
    backgroundColor: color('ground'),
    title: { text, left: 16, top: 10, textStyle: { color: color('text'), fontSize: 15 } },
  };
}

export function panelTitles(titles: readonly string[], places: readonly Place[], top = 44) {
  return titles.map((text, at) => ({
    type: 'text' as const,
    left: places[at]?.x ?? 0,
    top,
    style: { text, fill: color('faint'), fontSize: 12 },
  }));
}

export function rendered(height: number, option: EChartsOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption(option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  const rules = Object.values(COLORS).flatMap(({ light, dark }) => [
    `[fill="${light}"]{fill:${dark}}`,
    `[stroke="${light}"]{stroke:${dark}}`,
  ]);
  const style = `<style>@media (prefers-color-scheme: dark){${rules.join('')}}</style>`;
  return `${svg.replace(/(<svg[^>]*>)/, `$1${style}`)}\n`;
}
