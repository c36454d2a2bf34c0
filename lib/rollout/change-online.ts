import type { Subject } from '../plan/subject';
import type { Identifier } from '../sql/identifier';
import { askLedger } from './ask-ledger';
import { partFor } from './next-part';
import type { ClaimedTenant } from './ledger';
import type { Came, RolloutOn } from './rollout-on';
import { runPartOnline } from './run-part-online';
import { mayGoOn, tenantRowIn, tenantRowQuery, type TenantRow } from './tenant-row';

/** Some changes of a list, from the first that is not made. */
export interface PlainPart {
  readonly changed: number;
  /** The place of the first that is not among them; undefined for all that is left. */
  readonly upTo?: number | undefined;
}

/** What runs the parts. */
export interface PartRunner {
  readonly runPlainly: (part: PlainPart) => Promise<Came>;
  /** What is made in stages next. */
  readonly onSubject: (subject: Subject) => void;
  readonly isHalted: () => boolean;
}

/**
 * Changes one tenant part by part: what needs stages online, the rest in transactions. The row of the tenant says how
 * many changes of its list are made, and each part writes that in the transaction that ends it; so whatever is killed,
 * the next call begins where the row says, and the record of an online change with the stage that is due.
 */
export async function changeOnline(on: RolloutOn, tenant: ClaimedTenant, runner: PartRunner): Promise<Came> {
  const { server, id, settings } = on;
  const list = on.listFor(tenant);
  const at = { rollout: id, org: tenant.org };
  let { changed } = tenant;
  for (;;) {
    const part = await partFor(on, tenant.org as Identifier, list, changed);
    if (part.as === 'plain') {
      const upTo = part.upTo === list.length ? undefined : part.upTo;
      const came = await runner.runPlainly({ changed, upTo });
      if (upTo === undefined) return came;
    } else {
      runner.onSubject(part.way.subject);
      await runPartOnline(on, part, { tenant, changed, of: list.length }, runner.isHalted);
    }
    const row = tenantRowIn(await askLedger(server, tenantRowQuery(at), settings.change));
    if (row === undefined || !mayGoOn(row)) return cameBy(row);
    // By a signal or a rule of this call.
    if (runner.isHalted()) return { outcome: 'pending' };
    ({ changed } = row);
  }
}

/** Without a row the tenant has another name now. */
function cameBy(row: TenantRow | undefined): Came {
  if (row === undefined) return { outcome: 'pending' };
  const { outcome, state } = row;
  return outcome === 'pending' && state !== 'running' ? { outcome, halted: state } : { outcome };
}
