import { createInterface } from 'node:readline';
import type { Change, Deletion } from '..';
import { RefusedError, UsageError } from './failures';
import { library } from './library';
import { counted } from './text';
import { print, type World } from './world';

const WORDS: Readonly<Record<Deletion['of'], (deletion: Deletion) => string>> = {
  table: ({ table }) => `the table "${table}" with its rows`,
  column: ({ table, column }) => `the column "${column}" of "${table}" with its values`,
  unconvertible: ({ table, column }) => `the values of "${table}"."${column}" that do not convert`,
};

/** Which changes are about to be made, and where. */
export interface ToConfirm {
  readonly changes: readonly Change[];
  /** One of the tenants. */
  readonly org: string;
  readonly tenants: number;
  readonly sharedSchemas: readonly string[] | undefined;
}

/**
 * Asks before something is deleted. The answer is the number of tenants, which somebody who meant one does not type by
 * habit.
 */
export async function confirmLosses(
  { changes, org, tenants, sharedSchemas }: ToConfirm,
  yes: boolean | undefined,
  world: World,
): Promise<void> {
  if (yes === true) return;
  const losses = library()
    .deletionsOf(org, changes, { sharedSchemas })
    .map((deletion) => WORDS[deletion.of](deletion));
  if (losses.length === 0) return;
  const what = `This deletes, in ${counted(tenants, 'tenant')}:\n${losses.map((loss) => `  ${loss}`).join('\n')}`;
  if (world.stdin.isTTY !== true) throw new UsageError(`${what}\nThere is no terminal to ask on: confirm with --yes.`);
  print(world.stderr, what);
  if ((await answerTo('Type the number of tenants to go on: ', world)) === String(tenants)) return;
  throw new RefusedError('Not confirmed. Nothing was changed.');
}

/** Empty where the input ends instead. */
async function answerTo(question: string, { stdin, stderr, signal }: World): Promise<string> {
  stderr.write(question);
  // Not as a terminal, so that ^C reaches the process as anywhere else.
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    return answer.trim();
  } finally {
    lines.close();
  }
}
