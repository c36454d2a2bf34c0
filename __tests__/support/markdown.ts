// Reads our own documentation: its TypeScript, what is shown next to it, and its tables.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export const root = join(__dirname, '..', '..');

/** The documents whose promises are tested, relative to the root. */
export function documents(): string[] {
  const docs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs')) : [];
  return ['README.md', ...docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
}

export function textOf(document: string): string {
  return readFileSync(join(root, document), 'utf8');
}

/** A block of TypeScript, and what the document shows below it. */
export interface Snippet {
  /** Where it stands, such as `README.md:31`. */
  readonly place: string;
  /** What a reader has to imagine: the code in a comment `<!-- before … -->` above the block. */
  readonly before: string;
  readonly code: string;
  /** The blocks that follow, by their language: `sql` that ran, `text` that was printed, `json` that was logged. */
  readonly shown: Readonly<Partial<Record<string, string>>>;
}

const BLOCK = /(?:<!-- before\n(?<before>.*?)-->\s*)?^```(?<language>\w+)\n(?<code>.*?)^```$/gms;

export function snippetsOf(document: string): Snippet[] {
  const text = textOf(document);
  const snippets: Snippet[] = [];
  let shown: Record<string, string> = {};
  for (const match of text.matchAll(BLOCK)) {
    const { before = '', language = '', code = '' } = match.groups ?? {};
    if (language === 'ts') {
      shown = {};
      const line = text.slice(0, match.index + match[0].indexOf('```ts')).split('\n').length;
      snippets.push({ place: `${document}:${line}`, before, code, shown });
    } else {
      shown[language] = code;
    }
  }
  return snippets;
}

/**
 * A snippet as a module that runs nothing when it is loaded. Its own `export`s stay what they are; all else
 * becomes the body of a function `run(db)`. A snippet may make a `db` of its own.
 */
export function moduleOf({ before, code }: Snippet): string {
  const { statements } = ts.createSourceFile('snippet.ts', code, ts.ScriptTarget.ES2022, true);
  const imports = statements.filter(ts.isImportDeclaration).map((statement) => statement.getFullText());
  const rest = statements.filter((statement) => !ts.isImportDeclaration(statement));
  const exported = rest.filter(isExported);
  const body = rest.filter((statement) => !exported.includes(statement)).map((statement) => statement.getFullText());
  return [
    ...imports,
    ...exported.map((statement) => statement.getFullText()),
    `\nexport async function run(db: import('knex').Knex): Promise<void> {\n${before}\n{${body.join('')}\n}\n}\n`,
  ].join('');
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

/** The rows of the first table whose first column has this title: cells as text, without the head. */
export function tableOf(document: string, title: string): string[][] {
  const [first] = tablesOf(document, title);
  if (first === undefined) throw new Error(`${document} has no table that begins with ${title}.`);
  return first;
}

/** The rows of every table whose first column has this title. */
export function tablesOf(document: string, title: string): string[][][] {
  const lines = textOf(document).split('\n');
  const heads = lines.flatMap((line, at) => (line.startsWith(`| ${title} |`) ? [at] : []));
  return heads.map((head) => {
    const end = lines.findIndex((line, at) => at > head && !line.startsWith('|'));
    return lines.slice(head + 2, end).map(cellsOf);
  });
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** What stands between backticks in a cell. */
export function codeIn(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** Runs JavaScript from a document, in the realm of the test, with these names to hand. */
export function evaluate(javascript: string, names: Readonly<Record<string, unknown>>): unknown {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- running what we wrote ourselves is the point
  return (new Function(...Object.keys(names), javascript) as (...values: unknown[]) => unknown)(
    ...Object.values(names),
  );
}
