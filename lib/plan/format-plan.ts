import type { Plan } from './planner';
import { MigrationError } from '../errors';
import { withLiterals } from '../sql/literal';
import type { Hazard, Step } from './plan';
import { shown } from '../errors/shown';

/** Options of {@link formatPlan}. */
export interface FormatOptions {
  /** Default: true if standard output is a terminal and NO_COLOR is not set. */
  readonly color?: boolean | undefined;
}

/** The codes of the terminal that switch a style on and off: `util.styleText` came with Node 20.12 only. */
const STYLES = { bold: [1, 22], dim: [2, 22], red: [31, 39], yellow: [33, 39] } as const;

type Paint = (style: keyof typeof STYLES, text: string) => string;

/**
 * A plan as text for a person to read: what runs, what it locks, and its hazards.
 *
 * @example
 * console.log(formatPlan(planChange('acme-corp', { kind: 'dropField', table: 'invoice', column: 'note' })));
 * // acme-corp: 1 change, 1 statement
 * //
 * // #  LOCKS                                 REWRITE  SCAN  SQL
 * // 1  AccessExclusiveLock acme-corp.invoice  no       no    alter table "acme-corp"."invoice" drop column "note"
 */
export function formatPlan(plan: Plan, { color = isColorTerminal() }: FormatOptions = {}): string {
  const paint: Paint = color ? painted : (_style, text) => text;
  if (!isPlan(plan)) throw noPlanError();
  const { org, changes, steps, hazards } = plan;
  const title = `${shown(org)}: ${counted(changes.length, 'change')}, ${counted(steps.length, 'statement')}`;
  const parts = [paint('bold', title), table(steps, paint), ...hazards.map((hazard) => hazardLines(hazard, paint))];
  return parts.join('\n\n');
}

function isPlan(plan: unknown): plan is Plan {
  const { org, changes, steps, hazards } = (plan ?? {}) as Partial<Plan>;
  return typeof org === 'string' && [changes, steps, hazards].every(Array.isArray);
}

function noPlanError(): MigrationError {
  return new MigrationError('formatPlan takes a plan: formatPlan(planChange(org, change)).', { code: 'INVALID_SPEC' });
}

const painted: Paint = (style, text) => {
  const [on, off] = STYLES[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};

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
  const lines = rows.map((row) => (row[2] === 'yes' || row[3] === 'yes' ? paint('red', line(row)) : line(row)));
  return [paint('dim', line(HEADINGS)), ...lines].join('\n');
}

/** A line for each lock, and for each line of the SQL. */
function rowsOf({ sql, locks, rewritesTable, scansTable }: Step, index: number): string[][] {
  const held = locks.map(({ mode, schema, table: name }) => `${mode} ${schema}.${name}`);
  // Our own line feeds begin a line; those in a constant come from a user and do not.
  const lines = withLiterals(sql, shown).split('\n');
  return Array.from({ length: Math.max(1, held.length, lines.length) }, (_row, at) =>
    [
      at === 0 ? String(index + 1) : '',
      held[at] ?? (at === 0 ? 'none' : ''),
      at > 0 ? '' : rewritesTable ? 'yes' : 'no',
      at > 0 ? '' : scansTable ? 'yes' : 'no',
      lines[at] ?? '',
    ].map(shown),
  );
}

function hazardLines({ kind, message, saferWay }: Hazard, paint: Paint): string {
  return `${paint('yellow', `hazard ${shown(kind)}`)}  ${shown(message)}\n  Safer: ${shown(saferWay)}`;
}
