import { styleText } from 'node:util';
import type { Plan } from './change';
import type { Hazard, Step } from './plan';

/** How {@link formatPlan} writes. */
export interface FormatOptions {
  /** Default: where standard output is a terminal and NO_COLOR is not set. */
  readonly color?: boolean | undefined;
}

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/**
 * A plan for a person to read: what runs, what it locks, and what can hurt.
 *
 * @example
 * console.log(formatPlan(planChange('acme-corp', { kind: 'dropField', table: 'invoice', column: 'note' })));
 * // acme-corp: 1 change, 1 statement
 * //
 * // #  LOCKS                                 REWRITE  SCAN  SQL
 * // 1  AccessExclusiveLock acme-corp.invoice  no       no    alter table "acme-corp"."invoice" drop column "note"
 */
export function formatPlan(plan: Plan, { color = isColorTerminal() }: FormatOptions = {}): string {
  const paint: Paint = color
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text;
  const { org, changes, steps, hazards } = plan;
  const title = `${org}: ${counted(changes.length, 'change')}, ${counted(steps.length, 'statement')}`;
  const parts = [paint('bold', title), table(steps, paint), ...hazards.map((hazard) => hazardLines(hazard, paint))];
  return parts.join('\n\n');
}

function isColorTerminal(): boolean {
  return process.stdout.isTTY && !process.env.NO_COLOR;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const HEADINGS = ['#', 'LOCKS', 'REWRITE', 'SCAN', 'SQL'];

function table(steps: readonly Step[], paint: Paint): string {
  const rows = steps.flatMap((step, index) => rowsOf(step, index));
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const painted = rows.map((row) => (row[2] === 'yes' || row[3] === 'yes' ? paint('red', line(row)) : line(row)));
  return [paint('dim', line(HEADINGS)), ...painted].join('\n');
}

/** A line for each lock, and for each line of the SQL. */
function rowsOf({ sql, locks, rewritesTable, scansTable }: Step, index: number): string[][] {
  const held = locks.map(({ mode, schema, table: name }) => `${mode} ${schema}.${name}`);
  const lines = sql.split('\n');
  return Array.from({ length: Math.max(1, held.length, lines.length) }, (_row, at) => [
    at === 0 ? String(index + 1) : '',
    held[at] ?? (at === 0 ? 'none' : ''),
    at > 0 ? '' : rewritesTable ? 'yes' : 'no',
    at > 0 ? '' : scansTable ? 'yes' : 'no',
    lines[at] ?? '',
  ]);
}

function hazardLines({ kind, message, saferWay }: Hazard, paint: Paint): string {
  return `${paint('yellow', `hazard ${kind}`)}  ${message}\n  Safer: ${saferWay}`;
}
