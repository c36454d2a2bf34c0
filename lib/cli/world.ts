import type { Readable, Writable } from 'node:stream';

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
}

/** Whether to colour what goes to this screen: https://no-color.org, and FORCE_COLOR as Node has it. */
export function inColor(screen: Screen, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return screen.isTTY === true && env.TERM !== 'dumb';
}

/** How many characters a line may have; no limit where nobody reads it on a terminal. */
export function widthOf(screen: Screen): number {
  // A terminal that does not know its width says 0.
  return screen.isTTY === true ? Math.max(screen.columns || 80, 40) : Infinity;
}

export function print(screen: Screen, text: string): void {
  screen.write(`${text}\n`);
}
