import { MigrationError, type ErrorCode } from '../errors';
import { heard } from '../options/heard';
import { writeRecord } from '../options/logger';
import type { Stage } from '../plan/online/stage';
import { ONLINE, runTraced } from '../run/channels';
import { joined } from '../run/wire/batch';
import { endRecord } from './end-record';
import { abortedError } from './lease';
import type { OnlineSession } from './online-session';
import { moveRecord } from './record';
import { STAGE_RUNNERS } from './stage-runners';
import type { StagedChange } from './staged-change';
import { undoStages } from './undo-stages';

/** A stage that ran. */
export interface StageRan {
  readonly name: string;
  readonly durationMs: number;
}

/**
 * Runs the stages from the one that is due. After a failure that a repeated call can cure, they stay; after any other,
 * all is taken back.
 */
export async function runStages(
  session: OnlineSession,
  change: StagedChange,
  due: number,
  onStage: (ran: StageRan) => void,
): Promise<void> {
  const { org, table, settings } = session;
  const { stages, subject } = change.way;
  for (const [at, stage] of [...stages.entries()].slice(due)) {
    const startedAt = performance.now();
    const where = { org, table, stage: stage.name, number: at + 1, of: stages.length };
    heard(() => settings.onProgress?.(where));
    try {
      if (settings.signal?.aborted === true) throw abortedError(org, table, settings.signal);
      const trace = { ...where, operation: subject.message };
      await runTraced(
        ONLINE,
        () => trace,
        () => runStage(session, change, stage, at),
      );
    } catch (error) {
      throw await stageError(session, change, at, error as MigrationError);
    }
    const durationMs = Math.round(performance.now() - startedAt);
    onStage({ name: stage.name, durationMs });
    const { stage: name, number, of } = where;
    writeRecord(settings.logger, 'info', 'ONLINE STAGE', {
      org,
      table,
      fields: subject.fields,
      stage: name,
      number,
      of,
      durationMs,
    });
  }
}

async function runStage(
  session: OnlineSession,
  { way, oid, mark }: StagedChange,
  stage: Stage,
  at: number,
): Promise<void> {
  const isLast = at === way.stages.length - 1;
  const move = moveRecord(oid, at, isLast ? 'end' : at + 1);
  const moved = isLast && mark !== undefined ? joined([move, mark]) : move;
  // Each kind has its runner: the compiler has seen that it takes its own stages.
  const run = STAGE_RUNNERS[stage.kind] as (...args: readonly unknown[]) => Promise<'moved' | undefined>;
  const did = await run({ session, subject: way.subject, oid, moved, number: at + 1, of: way.stages.length }, stage);
  if (did === 'moved') return;
  await (isLast ? endRecord(session, moved) : session.ask(moved));
}

/** What a repeated call goes on with. */
const RESUMABLE: readonly ErrorCode[] = [
  'LOCK_TIMEOUT',
  'DEADLOCK',
  'STATEMENT_TIMEOUT',
  'CONNECTION_LOST',
  'POOL_TIMEOUT',
  'OUTCOME_UNKNOWN',
  'ABORTED',
  'READ_ONLY_SERVER',
  'TOO_MANY_LOCKS',
  'CHANGE_UNDER_WAY',
];

async function stageError(
  session: OnlineSession,
  change: StagedChange,
  at: number,
  error: MigrationError,
): Promise<MigrationError> {
  const { org, table } = session;
  const isLeft = RESUMABLE.includes(error.code);
  // Its transaction was undone, and nothing came before it.
  const isNothing = at === 0 && change.way.stages[0]?.kind === 'transaction' && error.code !== 'OUTCOME_UNKNOWN';
  let failure: MigrationError | undefined;
  if (!isLeft || isNothing) {
    failure = await undoStages(session, change, at).catch((undoing: unknown) => undoing as MigrationError);
    if (failure === undefined) return error;
  }
  const { stages } = change.way;
  const isUnknown = error.code === 'OUTCOME_UNKNOWN';
  // A record that is gone says that the change was made, or else that it was taken back.
  const kept =
    (isUnknown && at === stages.length - 1) || failure?.code === 'OUTCOME_UNKNOWN'
      ? `If onlineStatus('${org}', db) lists the change, it is not finished:`
      : 'What was done is kept:';
  const said = error.message.replace(/ Nothing was changed\./g, '').replace(/, and nothing was changed/g, '');
  return new MigrationError(
    `Stage ${at + 1} of ${stages.length} ("${stages[at]?.name}") of the online change of "${org}"."${table}" ${isUnknown ? 'has an unknown outcome' : 'failed'}. ${said} ${kept} the same call goes on with it, abandonOnline('${org}', '${table}', db) takes it back.`,
    { ...error, org, table, cause: error },
  );
}
