// Field types are the only place that knows types: all else asks the registry.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { typeNames } from '../../../lib/field-types';
import { TYPE_OPTIONS } from '../../../lib/field-types/options';

const lib = join(__dirname, '../../../lib');

/** Examples are data that a caller would write. */
const isExamples = (node: ts.Node): boolean =>
  ts.isPropertyAssignment(node) && ts.isIdentifier(node.name) && node.name.text === 'examples';

/** The options whose names mean nothing else: lists have a `length` and `values` too. */
const ownOptions = TYPE_OPTIONS.filter((option) => !(option in []));

const quotedName = new RegExp(`(?:^|['"])(?:${typeNames.join('|')})(?:['"]|$)`);

/** What of a source names a type, or an option of one. */
function namesIn(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isExamples(node)) return;
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      if (
        ts.isStringLiteralLike(node) ? quotedName.test(node.text) : /'/.test(node.text) && quotedName.test(node.text)
      ) {
        found.push(node.text);
      }
    }
    if (ts.isIdentifier(node) && ownOptions.some((option) => option === node.text)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest));
  return found;
}

const files = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/(^|\/)(field-types|examples)\//.test(path))
  .sort();

it('looks into every folder', () => {
  expect(files.length).toBeGreaterThan(100);
  expect(ownOptions).toEqual(['precision', 'scale']);
});

it('finds a name, and passes by what is no name', () => {
  expect(
    namesIn(`type === 'Enum'; ['Json']; field.precision; \`{ type: 'Int', \${x} }\`; const { scale } = field;`),
  ).toEqual(['Enum', 'Json', 'precision', "{ type: 'Int', ", 'scale']);
  expect(
    namesIn(`String(x); new Date(); '[object Date]'; list.length; const o = { examples: [{ type: 'Int' }] };`),
  ).toEqual([]);
});

it.each(files)('%s names no type and no option of one', (path) => {
  expect(namesIn(readFileSync(join(lib, path), 'utf8'))).toEqual([]);
});
