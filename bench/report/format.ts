import type { Spread } from '../statistics.ts';

/** Three digits that mean something. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** A median, and its quartiles in brackets. */
export function spread(value: Spread | undefined): string {
  if (value === undefined || !Number.isFinite(value.median)) return '–';
  return `${digits(value.median)} (${digits(value.lower)}–${digits(value.upper)})`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  // Everything but the name of a row is a number.
  const align = head.map((_, at) => (at === 0 ? '---' : '---:'));
  return [line(head), line(align), ...rows.map(line)].join('\n');
}
