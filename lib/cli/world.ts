import type { Readable, Writable } from 'node:stream';
import { shown, widthIn, wrapped } from './text';

/** A stream that may be a terminal. */
export type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Everything that a command has of the process it runs in. */
export interface World {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Data only. */
  readonly stdout: Screen;
  /** Progress, warnings, errors and questions. */
  readonly stderr: Screen;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Aborted by the first ^C. */
  readonly signal: AbortSignal;
  /** Rejects with what was thrown where no command can catch it. */
  readonly broken?: Promise<never>;
}

/** Whether to colour what goes to this screen: https://no-color.org, and FORCE_COLOR as Node has it. */
export function inColor(screen: Screen, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return screen.isTTY === true && env.TERM !== 'dumb';
}

/** The codes of the terminal that switch a style on and off: `util.styleText` came with Node 20.12 only. */
const STYLES = { bold: [1, 22], dim: [2, 22], red: [31, 39], yellow: [33, 39] } as const;

export type Paint = (style: keyof typeof STYLES, text: string) => string;

export function painter(isColored: boolean): Paint {
  if (!isColored) return (_style, text) => text;
  return (style, text) => {
    const [on, off] = STYLES[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}

/** How many characters a line may have; no limit where nobody reads it on a terminal. */
export function widthOf(screen: Screen): number {
  // A terminal that does not know its width says 0.
  return screen.isTTY === true ? Math.max(screen.columns || 80, 40) : Infinity;
}

/** Writes text as it fits the screen. */
export function print(screen: Screen, text: string): void {
  const lines = shown(text).split('\n');
  const width = widthOf(screen);
  printRaw(screen, lines.map((line) => (widthIn(line) > width ? wrapped(line, width, INDENT) : line)).join('\n'));
}

const INDENT = '  ';

/** Writes what has its form already: JSON, or what is coloured. */
export function printRaw(screen: Screen, text: string): void {
  screen.write(`${text}\n`);
}
