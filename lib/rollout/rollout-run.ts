import { slept } from '../run/waiting';
import type { Begun } from './begin-rollout';
import { doneBefore, entryOf } from './ledger';
import { finish, openUntil, setState } from './ledger-state';
import { onceIn, pacer } from './pace';
import { progressTeller } from './progress';
import { queueWave } from './queue-wave';
import type { Came } from './rollout-on';
import type { RolloutState, RolloutStatus } from './rollout-types';
import type { NamedRule, RolloutSettings, Rule } from './rollout-settings';
import { mergedStatus, statusOn } from './status';
import type { Wave } from './waves';
import { workWave } from './work-wave';

/** How often a paused rollout is looked at, in milliseconds. */
const PAUSE_LOOK_MS = 500;

const PROGRESS_EVERY_MS = 1000;

/** One failure of a canary is enough. */
const CANARY_RULE: NamedRule = { failures: 1, ratio: 1, of: 1, reason: 'canary' };

/** One call of rollOut, on all its servers. */
export interface RolloutRun {
  readonly begun: () => readonly Begun[];
  /** Servers that late tenants are on. */
  readonly add: (begun: readonly Begun[]) => void;
  /** Works off a wave, also after pauses, and gives the tenants that this call has changed. */
  readonly wave: (wave: Wave) => Promise<readonly string[]>;
  /** Stopped, or ended by the signal. */
  readonly isHalted: () => boolean;
  readonly status: () => Promise<RolloutStatus>;
  /** Ends it on each server where no tenant is pending. */
  readonly finish: () => Promise<RolloutStatus>;
  readonly setState: (from: readonly RolloutState[], to: RolloutState, reason?: string) => Promise<void>;
  /** Lets a wave begin, in every process. */
  readonly open: (until: number) => Promise<void>;
  /** The place before which tenants may be changed, on all servers; it takes notice of a stop. */
  readonly openedUntil: () => Promise<number>;
  readonly sleep: (delayMs: number) => Promise<boolean>;
  readonly tell: (status: RolloutStatus) => void;
}

export function rolloutRun(first: readonly Begun[], settings: RolloutSettings): RolloutRun {
  const { change, signal, connections, stopAfter } = settings;
  let begun = first;
  let halted: Came['halted'];
  let current = 0;
  const tellProgress = progressTeller(settings.onProgress);
  const isHalted = (): boolean => halted === 'stopped' || halted === 'finished' || signal?.aborted === true;
  const on = (): readonly Begun['on'][] => begun.map((each) => each.on);

  const status = async (): Promise<RolloutStatus> => {
    const found = await Promise.all(on().map(({ server, name }) => statusOn(server, name, change)));
    return mergedStatus(found.filter((each) => each !== undefined));
  };
  const set = async (from: readonly RolloutState[], to: RolloutState, reason?: string): Promise<void> => {
    halted = to === 'running' ? undefined : to;
    await Promise.all(on().map(({ server, name }) => setState(server, name, from, to, reason, change)));
  };
  const tell = (seen: RolloutStatus): void => tellProgress(seen, current);
  const ticker = onceIn(PROGRESS_EVERY_MS, async () => tell(await status()));
  const pace = pacer(
    on().map(({ server }) => server),
    settings,
  );

  /** Until it goes on, here or by another process. */
  const waitWhilePaused = async (): Promise<void> => {
    while (halted === 'paused' && (await slept(PAUSE_LOOK_MS, signal))) {
      const entries = await Promise.all(on().map(({ server, name }) => entryOf(server, name, change)));
      const states = entries.map((entry) => entry?.state);
      if (settings.onProgress !== undefined) ticker.soon();
      if (states.includes('stopped')) halted = 'stopped';
      else if (!states.includes('paused')) halted = undefined;
    }
  };

  const wave = async ({ number, until }: Wave): Promise<readonly string[]> => {
    current = number;
    const changed: string[] = [];
    const counted = { failed: 0, tried: 0 };
    const rule = number === 0 ? CANARY_RULE : stopAfter;
    const onCame = (org: string, came: Came): void => {
      if (came.outcome === 'done') changed.push(org);
      counted.tried += 1;
      if (came.outcome === 'failed') counted.failed += 1;
      halted = came.halted ?? halted;
      // Each ledger counts its own tenants alone.
      if (begun.length > 1 && rule !== undefined && isTooMany(counted, rule)) halted = 'stopped';
      if (settings.onProgress !== undefined) ticker.soon();
    };
    const work = { until, connections, rule, pace, onCame, isHalted: () => halted !== undefined || isHalted() };
    const { queue } = settings;
    const before = new Set(queue === undefined ? [] : await doneOf(on(), until));
    for (;;) {
      if (queue === undefined) await Promise.all(on().map((each) => workWave(each, work)));
      else {
        const { ifThere, online = null } = settings;
        const wake = { name: on()[0]?.name ?? '', until, ifThere, online, rule: rule ?? null };
        const told = (): void => (settings.onProgress === undefined ? undefined : ticker.soon());
        const state = await queueWave({ queue, wake, servers: on(), signal, tell: told });
        halted = state === 'running' ? undefined : state;
      }
      if (halted !== 'paused') break;
      await waitWhilePaused();
      if (isHalted()) break;
    }
    if (queue !== undefined) changed.push(...(await doneOf(on(), until)).filter((org) => !before.has(org)));
    if (halted === 'stopped' && begun.length > 1) await set(['running', 'paused'], 'stopped', 'failures');
    return changed;
  };

  return {
    begun: () => begun,
    add: (late) => {
      const known = new Set(on().map(({ server }) => server));
      begun = [...begun, ...late.filter((each) => !known.has(each.on.server))];
    },
    wave,
    isHalted,
    status,
    finish: async () =>
      mergedStatus(await Promise.all(on().map(({ server, id, name }) => finish(server, id, name, change)))),
    setState: set,
    open: async (until) => {
      await Promise.all(on().map(({ server, id }) => openUntil(server, id, until, change)));
    },
    openedUntil: async () => {
      const entries = await Promise.all(on().map(({ server, name }) => entryOf(server, name, change)));
      if (entries.some((entry) => entry?.state === 'stopped')) halted = 'stopped';
      return Math.min(...entries.map((entry) => entry?.open_until ?? 0));
    },
    sleep: (delayMs) => slept(delayMs, signal),
    tell,
  };
}

async function doneOf(servers: readonly Begun['on'][], until: number): Promise<readonly string[]> {
  const orgs = await Promise.all(
    servers.map(({ server, id, settings }) => doneBefore(server, id, until, settings.change)),
  );
  return orgs.flat();
}

function isTooMany(
  { failed, tried }: { readonly failed: number; readonly tried: number },
  { failures, ratio, of }: Rule,
): boolean {
  return failed >= failures || (tried >= of && failed >= ratio * tried);
}
