import type { Lock } from '../plan/plan';
import type { KeysStage } from '../plan/online/stage';
import type { Subject } from '../plan/subject';
import { rowsOf } from '../run/wire/send';
import { runBriefly } from './in-transaction';
import type { OnlineSession } from './online-session';

/** For which change, and of which table. */
interface At {
  readonly subject: Subject;
  readonly oid: string;
}

/** Treats each foreign key that is left. */
export async function eachKey(
  session: OnlineSession,
  { steps: [{ sql, locks }], left }: KeysStage,
  at: At,
): Promise<void> {
  await asLongAs(session, left, { sql, locks }, at);
}

/** Takes each back that has been treated. */
export async function undoEachKey(session: OnlineSession, stage: KeysStage, at: At): Promise<void> {
  const [{ locks }] = stage.steps;
  await asLongAs(session, stage.leftToUndo, { sql: stage.undo, locks }, at);
}

async function asLongAs(
  session: OnlineSession,
  left: string,
  { sql, locks }: { readonly sql: string; readonly locks: readonly Lock[] },
  at: At,
): Promise<void> {
  while (rowsOf(await session.ask(left)).length > 0) {
    await runBriefly(session, { ...at, statements: [sql], locks });
  }
}
