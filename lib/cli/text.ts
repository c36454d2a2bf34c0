/** Lines of whole words, the later ones indented; a word that is longer than a line is left whole, to be copied. */
export function wrapped(text: string, width: number, indent = ''): string {
  return linesOf(text, (words) => words.split(' '), width, indent);
}

/** The same for SQL, whose quoted names and values stay whole: a line break in one would be a part of it. */
export function wrappedSql(sql: string, width: number, indent = ''): string {
  return linesOf(sql, (words) => words.match(SQL_WORDS) ?? [], width, indent);
}

/** The last one is between two blanks. */
const SQL_WORDS = /(?:'[^']*'|"[^"]*"|[^ '"]|['"])+|(?<= )(?= )/g;

function linesOf(text: string, split: (text: string) => readonly string[], width: number, indent: string): string {
  const [lead = ''] = /^ */.exec(text) ?? [];
  const [first = '', ...words] = split(text.slice(lead.length));
  const lines: string[] = [];
  let line = lead + first;
  for (const word of words) {
    if (line.trim() !== '' && widthIn(line) + 1 + widthIn(word) > width) {
      lines.push(line);
      line = lead + indent + word;
    } else {
      line = `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}

/** Rows of cells, each column as wide as its widest; of a row that does not fit, all but its name comes below it. */
export function aligned(rows: readonly (readonly string[])[], indent = '', width = Infinity): string {
  const fits = (row: readonly string[], lead = indent): boolean => widthIn(lead + row.join(GAP)) <= width;
  const fitting = rows.filter((row) => fits(row));
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(0, ...fitting.map((row) => widthIn(row[at] ?? ''))),
  );
  return rows
    .map((row) => {
      const line = (indent + row.map((cell, at) => padded(cell, widths[at] ?? 0)).join(GAP)).trimEnd();
      if (widthIn(line) <= width) return line;
      const [name = '', ...others] = row.filter((cell) => cell !== '');
      const below = indent + GAP + GAP;
      return [
        indent + name,
        ...(fits(others, below) ? [below + others.join(GAP)] : others.map((cell) => wrapped(below + cell, width))),
      ].join('\n');
    })
    .join('\n');
}

const GAP = '  ';

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthIn(cell)));
}

/** How many places of a line a text takes: names may be of any script. */
export function widthIn(text: string): number {
  return [...text.normalize()].reduce(
    (sum, character) => sum + (MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1),
    0,
  );
}

const MARK = /\p{M}/u;

/** As a terminal has them: East Asian Wide and Fullwidth, of letters and their punctuation. */
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u;

/** As it may go to a terminal, which obeys some characters instead of showing them. Line breaks are ours. */
export function shown(text: string): string {
  return text.replace(OBEYED, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

const OBEYED = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A word of a command, as a shell reads it. */
export function quoted(word: string): string {
  return /^[\w.,:@%+/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The first few of many. */
export function listed(names: readonly string[], most = 5): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}
