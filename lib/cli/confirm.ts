import { createInterface } from 'node:readline';
import type { Change } from '..';
import { RefusedError, UsageError } from './failures';
import { counted } from './text';
import { print, type World } from './world';

type ChangeOf<K extends Change['kind']> = Extract<Change, { readonly kind: K }>;

/** The changes that delete something for good, and what, in words; nothing where one of them does not. */
const LOSSES: { readonly [K in Change['kind']]?: (change: ChangeOf<K>) => string | undefined } = {
  dropModel: ({ table }) => `the table "${table}" with its rows`,
  dropField: ({ table, column }) => `the column "${column}" of "${table}" with its values`,
  alterField: ({ table, column, unconvertible }) =>
    unconvertible === 'null' ? `the values of "${table}"."${column}" that do not convert` : undefined,
};

function lossOf(change: Change): string | undefined {
  const loss = LOSSES[change.kind] as ((change: Change) => string | undefined) | undefined;
  return loss?.(change);
}

/**
 * Asks before something is deleted. The answer is the number of tenants, which somebody who meant one does not type by
 * habit.
 */
export async function confirmLosses(
  changes: readonly Change[],
  tenants: number,
  yes: boolean | undefined,
  world: World,
): Promise<void> {
  const losses = changes.map(lossOf).filter((loss) => loss !== undefined);
  if (losses.length === 0 || yes === true) return;
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
