// The page of examples/service can be read: WCAG's contrast of every pair of colours that it uses, light and dark.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/markdown';

const css = readFileSync(join(root, 'examples/service/page/style.css'), 'utf8');
const [light = '', dark = ''] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) => block as string);

function colorsIn(block: string): ReadonlyMap<string, string> {
  return new Map(
    [...block.matchAll(/--([\w-]+): (#\w{6})/g)].map(([, name, color]) => [name as string, color as string]),
  );
}

const PAIRS = [
  ['text', 'bg'],
  ['text', 'surface'],
  ['text', 'sunken'],
  ['muted', 'bg'],
  ['muted', 'surface'],
  ['muted', 'sunken'],
  ['accent', 'bg'],
  ['accent', 'surface'],
  ['on-accent', 'accent'],
  ['good', 'surface'],
  ['good', 'good-bg'],
  ['text', 'warn-bg'],
  ['warn', 'warn-bg'],
  ['text', 'danger-bg'],
  ['danger', 'surface'],
  ['danger', 'danger-bg'],
  ['on-danger', 'danger'],
] as const;

const READABLE = 4.5;

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

it.each([
  ['light', light],
  ['dark', dark],
])('is readable when it is %s', (_name, block) => {
  const colors = colorsIn(block);
  const poor = PAIRS.map(([on, under]) => ({
    on,
    under,
    ratio: contrast(colors.get(on) as string, colors.get(under) as string),
  }));
  expect(colors.size).toBe(15);
  expect(poor.filter(({ ratio }) => !(ratio >= READABLE))).toEqual([]);
});

it('makes no markup of a text', () => {
  for (const name of [
    'dom',
    'review',
    'model-view',
    'drift-view',
    'history-view',
    'rollout-view',
    'tenant-view',
    'main',
  ]) {
    const code = readFileSync(join(root, `examples/service/page/${name}.mjs`), 'utf8');
    expect(code).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  }
});
