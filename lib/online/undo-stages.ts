import { MigrationError } from '../errors';
import type { TransactionStage } from '../plan/online/stage';
import { dropBuilt } from './build-index';
import { undoEachKey } from './each-key';
import { endRecord } from './end-record';
import { runBriefly } from './in-transaction';
import type { OnlineSession } from './online-session';
import { moveRecord } from './record';
import type { StagedChange } from './staged-change';

/**
 * Takes back what stages have done, the last one first, and then the record. A transaction that was under way has
 * been undone by its rollback; of the rest, only what is there is taken back.
 *
 * @param due the stage that was under way
 */
export async function undoStages(session: OnlineSession, change: StagedChange, due: number): Promise<undefined> {
  const { way, oid } = change;
  for (let at = due; at >= 0; at -= 1) {
    const stage = way.stages[at];
    if (stage?.kind === 'keys') await undoEachKey(session, stage, { subject: way.subject, oid });
    if (stage?.kind === 'build') await dropBuilt(session, stage, oid);
    if (stage?.kind === 'validate' && stage.undo !== undefined) await session.runLong(stage.undo);
    if (stage?.kind === 'transaction' && at < due) await undoTransaction(session, change, stage, at);
    else if (at < due) await session.ask(moveRecord(oid, at + 1, at));
  }
  await endRecord(session, moveRecord(oid, 0, 'end'));
}

async function undoTransaction(
  session: OnlineSession,
  { way, oid }: StagedChange,
  { name, steps, undo }: TransactionStage,
  at: number,
): Promise<void> {
  if (undo === undefined) {
    const { org, table } = session;
    const message = `Stage "${name}" of the online change of "${org}"."${table}" cannot be taken back. Call applyOnline again to finish the change.`;
    throw new MigrationError(message, { code: 'CHANGE_UNDER_WAY', org, table });
  }
  const statements = [...undo, moveRecord(oid, at + 1, at)];
  await runBriefly(session, { subject: way.subject, oid, statements, locks: steps.flatMap(({ locks }) => locks) });
}
