import { createHash } from 'node:crypto';
import { MigrationError } from '../errors';
import type { Change, CheckedChange } from '../plan/operations';

/** A list of changes as the ledger keeps it. */
export interface FrozenList {
  readonly json: string;
  readonly hash: string;
}

/** The same list gives the same text, in whatever order the keys of its objects were written. */
export function frozen(changes: readonly (Change | CheckedChange)[]): FrozenList {
  const json = JSON.stringify(changes, (_key, value: unknown) => sorted(value));
  return { json, hash: createHash('sha256').update(json).digest('hex') };
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, (value as Readonly<Record<string, unknown>>)[key]]));
}

/** @param whose `of "acme-corp" ` where it is one tenant's own list */
export function otherListError(name: string, whose: string, kept: string, given: string): MigrationError {
  return new MigrationError(
    `The rollout "${name}" began with another list of changes ${whose}(${kept}, not ${given}), and nothing was changed. A rollout keeps its list: give another list another name.`,
    { code: 'INVALID_SPEC' },
  );
}
