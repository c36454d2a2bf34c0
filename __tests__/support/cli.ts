// Runs the command line in this process, with streams that remember what was written.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import Ajv from 'ajv/dist/2020';
import { run } from '../../lib/cli/run';
import { root } from './markdown';

export interface Given {
  readonly url?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What is typed; without it, there is no terminal to ask on. */
  readonly typed?: string;
  readonly stdin?: string;
  /** The width of a terminal that both outputs go to. */
  readonly columns?: number;
  readonly signal?: AbortSignal;
  readonly broken?: Promise<never>;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function cli(args: readonly string[], given: Given = {}): Promise<Ended> {
  const screen = (): { stream: PassThrough; text: () => string } => {
    const stream = new PassThrough();
    if (given.columns !== undefined) Object.assign(stream, { isTTY: true, columns: given.columns });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return { stream, text: () => Buffer.concat(chunks).toString() };
  };
  const stdout = screen();
  const stderr = screen();
  const stdin = Readable.from([Buffer.from(given.typed ?? given.stdin ?? '')]);
  if (given.typed !== undefined) Object.assign(stdin, { isTTY: true });
  const code = await run(args, {
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { ...(given.url === undefined ? {} : { DATABASE_URL: given.url }), ...given.env },
    cwd: given.cwd ?? root,
    signal: given.signal ?? new AbortController().signal,
    ...(given.broken === undefined ? {} : { broken: given.broken }),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

const schema = JSON.parse(readFileSync(join(root, 'docs', 'command-line.schema.json'), 'utf8')) as object;
const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

/** What `--json` wrote: one document, as docs/command-line.schema.json describes it. */
export function documentIn({ stdout }: Ended): Record<string, unknown> {
  const document = JSON.parse(stdout) as Record<string, unknown>;
  const faults = validate(document) ? [] : validate.errors;
  expect({ document, faults }).toEqual({ document, faults: [] });
  return document;
}
