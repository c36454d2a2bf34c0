import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { RefusedError } from '../failures';
import type { World } from '../world';

/** Where something is in a JSON value: its keys and indexes, from the outside in. */
export type Path = readonly (string | number)[];

/** A JSON file that has been read. */
export interface JsonFile {
  readonly name: string;
  readonly value: unknown;
  /** The line of what is there, or of the nearest thing around it that is in the file; from 1. */
  readonly lineOf: (path: Path) => number;
}

/** Reads a JSON file; `-` is standard input. What is wrong with it is said by its place: its text may hold values. */
export async function readJson(name: string, world: Pick<World, 'cwd' | 'stdin'>): Promise<JsonFile> {
  const text = name === '-' ? await textIn(world.stdin) : await textOf(resolve(world.cwd, name), name);
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (error !== undefined) {
    const { line, column } = placeOf(text, error.offset);
    throw new RefusedError(`${name}:${line}:${column}: this is not JSON: ${wordsFor(error)}.`);
  }
  const lineOf = (path: Path): number => placeOf(text, nearest(tree, path)?.offset ?? 0).line;
  return { name, value: JSON.parse(text) as unknown, lineOf };
}

async function textOf(path: string, name: string): Promise<string> {
  try {
    // Editors of Windows begin a file with a byte order mark.
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new RefusedError(code === 'ENOENT' ? `There is no file ${name}.` : `${name} cannot be read: ${code}.`);
  }
}

async function textIn(stdin: World['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks).toString('utf8');
}

/** `CommaExpected` as "comma expected". */
function wordsFor({ error }: ParseError): string {
  return printParseErrorCode(error)
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase();
}

function nearest(tree: Node | undefined, path: Path): Node | undefined {
  for (let length = path.length; tree !== undefined && length > 0; length -= 1) {
    const node = findNodeAtLocation(tree, path.slice(0, length));
    // Of a property, the line of its key.
    if (node !== undefined) return node.parent?.type === 'property' ? node.parent : node;
  }
  return tree;
}

function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
