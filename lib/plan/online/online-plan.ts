import { createHash } from 'node:crypto';
import { MigrationError } from '../../errors';
import type { Identifier } from '../../sql/identifier';
import { operationOf, type CheckedChange } from '../operations';
import { withoutHazards, type Step } from '../plan';
import { planned, type Planned } from '../planner';
import { subjectsOf, type Subject } from '../subject';
import type { PreCheck, Stage } from './stage';

/** A change as it is made online: in stages, or, where it keeps nobody out for long, as it is. */
export type OnlineWay =
  | { readonly as: 'it is'; readonly planned: Planned; readonly subject: Subject }
  | {
      readonly as: 'stages';
      readonly subject: Subject;
      readonly checks: readonly PreCheck[];
      readonly stages: readonly Stage[];
      /** Tells whether a change that was begun is planned as it was then. */
      readonly hash: string;
    };

/**
 * How a change is made online. Pure.
 *
 * @throws MigrationError INVALID_SPEC for a change that cannot be made online
 */
export function onlineWay(org: Identifier, change: CheckedChange): OnlineWay {
  const operation = operationOf(change.kind);
  const plain = planned(org, [change]);
  const [subject] = subjectsOf(org, plain) as [Subject];
  const own = operation.plan(org, change, () => false);
  const staged = operation.stages?.(org, change, { ...own, steps: own.steps.map(withoutHazards) });
  if (staged !== undefined && 'refused' in staged) throw notOnlineError(org, change.table, staged.refused);
  if (staged !== undefined) {
    const hash = createHash('sha256').update(JSON.stringify(staged)).digest('hex');
    return { as: 'stages', subject, ...staged, hash };
  }
  const costly = plain.plan.steps.find(isCostly);
  if (costly === undefined) return { as: 'it is', planned: plain, subject };
  const what = costly.rewritesTable ? 'rewrite' : 'scan';
  throw notOnlineError(
    org,
    change.table,
    `it would ${what} the table under a lock, and this version has no stages for it`,
  );
}

/** Reads or writes every row while it keeps others out. */
function isCostly({ rewritesTable, scansTable }: Step): boolean {
  return rewritesTable || scansTable;
}

/** A change that is refused by its name, before anything is sent. */
function notOnlineError(org: string, table: string, reason: string): MigrationError {
  return new MigrationError(
    `This change of "${org}"."${table}" cannot be made online: ${reason}. Nothing was changed. Use applyChange, at a time when the table may be locked.`,
    { code: 'INVALID_SPEC', org, table },
  );
}
