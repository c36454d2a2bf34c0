import { changeTenant } from './change-tenant';
import { claim, unfinished, type ClaimedTenant } from './ledger';
import type { Came, RolloutOn } from './rollout-on';
import type { NamedRule } from './rollout-settings';

/** How many tenants are claimed at a time. */
const SLICE = 200;

/** Fewer are left: the next are claimed while these are changed. */
const LOW = 50;

/** A part of a rollout, on one server. */
export interface WaveWork {
  /** The place before which its tenants are. */
  readonly until: number;
  readonly connections: number;
  readonly rule: NamedRule | undefined;
  /** Resolves when the next tenant may begin. */
  readonly pace: () => Promise<unknown>;
  readonly onCame: (org: string, came: Came) => void;
  /** Ends it after the tenants in hand. */
  readonly isHalted: () => boolean;
}

/** Changes every pending tenant before a place, several at a time. Returns when none is left, or it was halted. */
export async function workWave(on: RolloutOn, work: WaveWork): Promise<void> {
  let failed = false;
  const isHalted = (): boolean => failed || work.isHalted();
  const next = tenantsInTurn(on, { ...work, isHalted });
  const worker = async (): Promise<void> => {
    try {
      for (let tenant = await next(); tenant !== undefined; tenant = await next()) {
        await work.pace();
        if (isHalted()) return;
        work.onCame(tenant.org, await changeTenant(on, tenant, { rule: work.rule, isHalted }));
      }
    } catch (error) {
      // The others end with the tenants that they have in hand.
      failed = true;
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: work.connections }, worker));
  const rejected = ended.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (rejected !== undefined) throw rejected.reason;
}

/** First the unclaimed tenants, then those that others have claimed and not finished: their process may be dead. */
function tenantsInTurn(on: RolloutOn, work: WaveWork): () => Promise<ClaimedTenant | undefined> {
  const { server, id, settings } = on;
  const buffer: ClaimedTenant[] = [];
  const handedOut = new Set<string>();
  let filling: Promise<void> | undefined;
  let left: 'free' | 'claimed' | 'none' = 'free';

  const fill = async (): Promise<void> => {
    if (left === 'free') {
      const claimed = await claim(server, id, work.until, SLICE, settings.change);
      buffer.push(...claimed);
      if (claimed.length === 0) left = 'claimed';
    } else {
      // A few at a time: the process that claimed them may be working on them, from the other end.
      const limit = handedOut.size === 0 ? work.connections : SLICE;
      const rest = await unfinished(server, id, work.until, limit, settings.change);
      const others = rest.filter(({ org }) => !handedOut.has(org)).slice(0, work.connections);
      buffer.push(...others);
      if (others.length === 0) left = 'none';
    }
  };
  const refill = (): Promise<void> => {
    filling ??= fill().finally(() => (filling = undefined));
    return filling;
  };

  return async () => {
    while (!work.isHalted()) {
      const tenant = buffer.shift();
      if (tenant !== undefined) {
        handedOut.add(tenant.org);
        // A failure of it is that of the next who waits for it.
        if (left === 'free' && buffer.length < LOW) refill().catch(() => undefined);
        return tenant;
      }
      if (left === 'none') return undefined;
      await refill();
    }
    return undefined;
  };
}
