import { createHash } from 'node:crypto';
import { MigrationError } from '../errors';
import type { Settings } from '../options/options';
import { tenantsOwn } from '../options/settings';
import { checkedChanges } from '../plan/checked-changes';
import { identifier, type Identifier } from '../sql/identifier';
import { frozen, type FrozenList } from './frozen-list';
import type { RolloutOptions, RolloutTarget } from './rollout-options';

/** A tenant, with its own list of changes where it has one. */
export interface Target {
  readonly org: Identifier;
  readonly own: FrozenList | undefined;
}

/** Every target once, whatever it was given as. */
export async function targetsOf(
  orgs: RolloutOptions['orgs'],
  settings: Pick<Settings, 'sharedSchemas'>,
): Promise<readonly Target[]> {
  const given = typeof orgs === 'function' ? await orgs() : (orgs ?? []);
  const targets = new Map<string, Target>();
  for await (const each of given) {
    const target = targetOf(each, settings);
    const known = targets.get(target.org);
    if (known !== undefined && known.own?.hash !== target.own?.hash) throw twiceError(target.org);
    targets.set(target.org, target);
  }
  return [...targets.values()];
}

function targetOf(given: RolloutTarget, { sharedSchemas }: Pick<Settings, 'sharedSchemas'>): Target {
  const isOwn = typeof given === 'object' && given !== null;
  const org = tenantsOwn(identifier(isOwn ? given.org : given, 'org'), sharedSchemas);
  return { org, own: isOwn ? frozen(checkedChanges(org, given.changes, sharedSchemas)) : undefined };
}

function twiceError(org: string): MigrationError {
  return new MigrationError(`"${org}" is among the orgs twice, with different changes.`, { code: 'INVALID_SPEC', org });
}

/** In the order of their turns: the canaries, then all others as the seed shuffles them, whatever order they came in. */
export function inOrder(
  targets: readonly Target[],
  canary: number | readonly string[],
  seed: number,
): readonly Target[] {
  const first = new Set(typeof canary === 'number' ? [] : canary);
  const rank = ({ org }: Target): string => `${first.has(org) ? '0' : '1'}${shuffled(org, seed)}`;
  return targets
    .map((target) => ({ target, key: rank(target) }))
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ target }) => target);
}

function shuffled(org: string, seed: number): string {
  return createHash('sha256').update(`${seed}.${org}`).digest('hex');
}
