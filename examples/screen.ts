import Table from 'cli-table3';
import picocolors from 'picocolors';

// Only on a terminal: picocolors alone would colour a log file too where CI is set.
const colors = picocolors.createColors(process.stdout.isTTY && picocolors.isColorSupported);

const WIDEST = 100;
const INDENT = '  ';

export function heading(text: string): void {
  print(`\n${colors.bold(text)}`);
}

export function say(text: string): void {
  print(wrapped(text, '', '').join('\n'));
}

/** What a reader would write in a service. */
export function code(text: string): void {
  print(colors.cyan(wrapped(text, '', INDENT).join('\n')));
}

/** What it made of that; without the guards, which only look and refuse. */
export function sql(statements: readonly string[]): void {
  const changing = statements.filter((statement) => !statement.startsWith('do $'));
  print(colors.green(changing.flatMap((statement) => wrapped(`${statement};`, INDENT, INDENT + INDENT)).join('\n')));
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
  const made = new Table({
    head: head.map(colors.bold),
    colWidths: widths,
    wordWrap: true,
    // Colours of its own would not know whether this is a terminal.
    style: { head: [], border: [], compact: true },
  });
  made.push(...rows.map((row) => [...row]));
  print(made.toString());
}

const PADDING = 2;

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}

function width(): number {
  return Math.min(process.stdout.columns ?? WIDEST, WIDEST);
}

/** Lines of whole words, where the words are short enough. */
function wrapped(text: string, firstIndent: string, indent: string): string[] {
  const lines: string[] = [];
  let line = firstIndent;
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > width()) {
      lines.push(line);
      line = indent;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
