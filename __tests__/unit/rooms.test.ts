// What a place in lib/ may know of: the import graph is held by .dependency-cruiser.cjs, the words by this, and those of types by field-types/only-place.test.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { operations } from '../../lib/plan/operations';

const root = join(__dirname, '../..');

interface Text {
  readonly file: string;
  readonly text: string;
}

const files: readonly Text[] = readdirSync(join(root, 'lib'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ file: relative(root, path), text: readFileSync(path, 'utf8') }));

/** Whole string constants of the code itself: comments, and the text of templates, are for people. */
function constantsIn({ file, text }: Text): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    // Those of types say what a caller may write.
    if (ts.isLiteralTypeNode(node)) return;
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found;
}

function outside(...folders: readonly string[]): readonly Text[] {
  return files.filter(({ file }) => !folders.some((folder) => file.startsWith(folder)));
}

/** The files that hold one of the words as a constant, with the words. */
function holding(words: ReadonlySet<string>, among: readonly Text[]): readonly string[] {
  return among.flatMap((one) => {
    const held = constantsIn(one).filter((constant) => words.has(constant));
    return held.length === 0 ? [] : [`${one.file}: ${[...new Set(held)].join(', ')}`];
  });
}

it("knows no operation by its log text but in the operation's own file", () => {
  const messages = new Set(Object.values(operations).map(({ message }) => message));
  expect(holding(messages, outside('lib/plan/operations/'))).toEqual([]);
});

it('asks nowhere outside the registry which kind a change is', () => {
  const kinds = Object.keys(operations).join('|');
  const asking = new RegExp(String.raw`(?:===|!==|case) '(?:${kinds})'`);
  expect(outside('lib/plan/operations/').filter(({ text }) => asking.test(text))).toEqual([]);
});

it('has no file of more than 200 lines', () => {
  const long = files.map(({ file, text }) => [file, text.split('\n').length - 1] as const);
  expect(long.filter(([, lines]) => lines > 200)).toEqual([]);
});
