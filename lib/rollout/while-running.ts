import { slept } from '../run/waiting';
import type { RolloutOn } from './rollout-on';
import { entryOf } from './ledger';

/** How often it is looked whether a rollout goes on, in milliseconds. */
const LOOK_MS = 500;

/**
 * Runs what may take hours, with a signal that ends it when the rollout does: stopped or paused, in any process, or by
 * the signal of the call.
 */
export async function whileRunning<T>(
  { server, name, settings }: Pick<RolloutOn, 'server' | 'name' | 'settings'>,
  isHalted: () => boolean,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [halt, over] = [new AbortController(), new AbortController()];
  const watch = async (): Promise<void> => {
    while (await slept(LOOK_MS, over.signal)) {
      const isOver = isHalted() || (await isNotRunning());
      if (isOver) return halt.abort(new Error(`The rollout "${name}" was halted.`));
    }
  };
  // A look that fails says nothing: the next one may, and so do the questions of the change itself.
  const isNotRunning = async (): Promise<boolean> => {
    const entry = await entryOf(server, name, settings.change).catch(() => undefined);
    return entry !== undefined && entry.state !== 'running';
  };
  const watching = watch();
  try {
    return await run(halt.signal);
  } finally {
    over.abort();
    await watching;
  }
}
