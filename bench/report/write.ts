import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Results } from '../results.ts';
import { chartsOf } from './charts.ts';
import { pageOf } from './page.ts';

/** results.json, the page and its charts. */
export function write(results: Results, folder: string): void {
  const out = resolve(import.meta.dirname, '..', folder);
  mkdirSync(out, { recursive: true });
  const charts = chartsOf(results);
  for (const { file, svg } of charts) writeFileSync(join(out, file), svg);
  writeFileSync(join(out, 'results.json'), textOf(results));
  writeFileSync(join(out, 'README.md'), pageOf(results, charts));
  console.error(`Written to ${out}`);
}

/** A median with its quartiles on one line: 15,000 lines would hide what two runs differ in. */
function textOf(results: Results): string {
  const spread = /\{\s*("median": [^}]*?)\s*\}/g;
  const onOneLine = (_spread: string, values: string): string => `{ ${values.replaceAll(/\s+/g, ' ')} }`;
  return `${JSON.stringify(results, rounded, 1).replace(spread, onOneLine)}\n`;
}

/** More digits than anybody can read, fewer than a clock gives. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}
