import Table from 'cli-table3';
import picocolors from 'picocolors';

// Only on a terminal: picocolors alone would colour a log file too where CI is set.
const colors = picocolors.createColors(process.stdout.isTTY === true && picocolors.isColorSupported);

const NARROWEST = 40;
const WIDEST = 100;
const INDENT = '  ';

export function heading(text: string): void {
  print(`\n${colors.bold(wrapped(text).join('\n'))}`);
}

export function say(text: string): void {
  print(wrapped(text).join('\n'));
}

/** What a reader would write in a service. */
export function code(text: string): void {
  print(colors.cyan(wrapped(text, { later: INDENT }).join('\n')));
}

/** What it made of that. */
export function sql(statements: readonly string[]): void {
  print(
    colors.green(
      statements.flatMap((statement) => wrapped(`${statement};`, { first: INDENT, later: INDENT + INDENT })).join('\n'),
    ),
  );
}

/** What a reader would type in a terminal. */
export function command(text: string): void {
  print(colors.cyan(wrapped(`npx ${text}`, { first: INDENT, later: INDENT + INDENT }).join('\n')));
}

/** A bar that fills up on a terminal; elsewhere nothing is written before its end. */
export function bar(): { (done: number, of: number): void; end: () => void } {
  const isTerminal = process.stdout.isTTY === true;
  let last = '';
  const show = (done: number, of: number): void => {
    const room = width() - `${of}/${of}`.length - 2;
    const filled = of === 0 ? 0 : Math.round((done / of) * room);
    last = `${colors.green('█'.repeat(filled))}${'░'.repeat(room - filled)}  ${done}/${of}`;
    if (isTerminal) process.stdout.write(`\r${last}`);
  };
  return Object.assign(show, { end: () => print(isTerminal ? '' : last) });
}

export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A table that fits the terminal: its widest columns give way first, and their text wraps. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, at) => longest([title, ...rows.map((row) => row[at] ?? '')]) + PADDING);
  const room = width() - head.length - 1; // a line between any two columns, and at both ends
  while (widths.reduce((sum, each) => sum + each, 0) > room) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  const cells = (row: readonly string[]): string[] =>
    row.map((cell, at) => wrapped(cell, { within: (widths[at] ?? 0) - PADDING }).join('\n'));
  const made = new Table({
    head: cells(head).map(colors.bold),
    colWidths: widths,
    // Colours of its own would not know whether this is a terminal.
    style: { head: [], border: [], compact: true },
  });
  made.push(...rows.map(cells));
  print(made.toString());
}

const PADDING = 2;

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}

function width(): number {
  // A terminal that does not know its width says 0.
  return Math.max(NARROWEST, Math.min(process.stdout.columns || WIDEST, WIDEST));
}

interface Wrapping {
  readonly first?: string;
  readonly later?: string;
  readonly within?: number;
}

/** Lines of whole words; a word that is longer than a line is cut. */
function wrapped(text: string, { first = '', later = '', within = width() }: Wrapping = {}): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  const next = (): void => {
    lines.push(line);
    line = later;
    isEmpty = true;
  };
  for (let word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > within) next();
    for (; line.length + word.length > within; next()) {
      const room = Math.max(within - line.length, 1);
      line += word.slice(0, room);
      word = word.slice(room);
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
