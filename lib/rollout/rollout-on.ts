import type { Knex } from 'knex';
import type { Outcome } from '../run/wire/ledger-row';
import type { Work } from '../run/work';
import { atATime, type Limited } from './at-a-time';
import type { RolloutState } from './rollout-types';
import type { RolloutSettings } from './rollout-settings';
import type { TenantWork } from './tenant-work';

/** A rollout on one server. */
export interface RolloutOn extends TenantWork {
  readonly server: Knex;
  readonly name: string;
  /** In the ledger of the server. */
  readonly id: number;
  /** Runs one after the other what would keep others from a table that all tenants share. */
  readonly alone: Limited;
  /** Runs at most so many changes in stages at a time that the pool has a connection left for their transactions. */
  readonly inStages: Limited;
  readonly settings: RolloutSettings;
}

/** What its row says of a tenant, and what has ended the rollout, if something has. */
export interface Came {
  readonly outcome: Outcome;
  readonly halted?: Exclude<RolloutState, 'running'>;
}

export function rolloutOn(
  given: Omit<RolloutOn, 'alone' | 'inStages' | keyof TenantWork>,
  work: TenantWork,
): RolloutOn {
  const { pool } = given.server.client as { readonly pool?: { readonly max?: number } };
  const free = pool?.max === undefined ? given.settings.connections : pool.max - 1;
  return { ...given, ...work, alone: atATime(1), inStages: atATime(Math.max(1, free)) };
}

/** Whether it keeps others from a table that all tenants share. */
export function locksShared({ hazards }: Work): boolean {
  return hazards.some(({ hazard: { kind } }) => kind === 'sharedLock');
}
