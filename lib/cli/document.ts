import { printRaw, type World } from './world';

/** Of every document of `--json`; docs/command-line.schema.json describes them. Raised by what breaks a reader. */
const VERSION = 1;

/** Writes what `--json` gives: one document. */
export function writeDocument(world: World, command: string, content: object): void {
  printRaw(world.stdout, JSON.stringify({ version: VERSION, command, ...content }, inJson));
}

/** A bigint of a default has no JSON. */
function inJson(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
