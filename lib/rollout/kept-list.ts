import { checkedChanges } from '../plan/checked-changes';
import type { CheckedChange } from '../plan/operations';
import type { LedgerEntry } from './ledger';
import type { RolloutSettings } from './rollout-settings';

/** The list as the ledger has it, which was checked when it came in, and is again. */
export function keptList({ changes }: LedgerEntry, settings: RolloutSettings): readonly CheckedChange[] {
  const given = JSON.parse(changes) as readonly unknown[];
  // What it refers to is looked at for each tenant.
  return checkedChanges(undefined, given, referredTo(given, settings));
}

/** Every schema that is named, so a list that refers to one tenant fails for the others, and not here. */
function referredTo(given: unknown, { change }: RolloutSettings): readonly string[] {
  const named = JSON.stringify(given).matchAll(/"schema":"([^"\\]*)"/g);
  return [...change.sharedSchemas, ...[...named].map(([, schema = '']) => schema)];
}
