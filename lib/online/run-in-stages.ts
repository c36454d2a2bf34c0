import type { Knex } from 'knex';
import type { OnlineSettings } from '../options/options';
import type { CheckedChange } from '../plan/operations';
import { logChange } from '../run/log';
import { runWithRetries, retryScopeOf } from '../run/retry';
import type { Identifier } from '../sql/identifier';
import { beginOrGoOn } from './begin-or-go-on';
import { withLease } from './lease';
import { withSession, type OnlineSession } from './online-session';
import type { StageRan } from './run-stages';
import type { StagedWay } from './staged-change';

/** What else is written down about a change in stages, where it is one of many. */
export interface OnlineLedger {
  /** Whether the change is still to be made: asked in the table's lease, which nobody else has then. */
  readonly isDue: (ask: OnlineSession['ask']) => Promise<boolean>;
  /** Runs in the transaction that ends the record of the change, and fails if that must not be. */
  readonly mark: string;
}

/** What a call did. */
export interface StagedRun {
  readonly statements: readonly string[];
  readonly attempts: number;
  /** Those that it ran itself. */
  readonly stages: readonly StageRan[];
  readonly resumed: boolean;
}

/** What is to be changed, and where. */
export interface StagedWork {
  readonly org: Identifier;
  readonly checked: CheckedChange;
  readonly way: StagedWay;
  readonly server: Knex;
  readonly ledger?: OnlineLedger;
}

/** Runs what is due of the stages of a change; a lost connection as often as `retry` says. */
export async function runInStages(work: StagedWork, settings: OnlineSettings): Promise<StagedRun> {
  const { org, checked, way, server, ledger } = work;
  const startedAt = performance.now();
  const stages: StageRan[] = [];
  let [resumed, made] = [false, false];
  const attempts = await runWithRetries(
    settings.retry,
    async (attempt) => {
      await withSession(server, { org, table: checked.table }, settings, (session) =>
        withLease(session, async () => {
          if (ledger !== undefined && !(await ledger.isDue(session.ask))) return;
          const change = { way, json: JSON.stringify(checked), mark: ledger?.mark };
          const went = await beginOrGoOn(session, change, (ran) => stages.push(ran));
          resumed ||= went.resumed && attempt === 1;
          made = true;
        }),
      );
      return attempt;
    },
    { org, canRetry: (error) => retryScopeOf(error) === 'connection' },
  );
  if (made) {
    const durationMs = Math.round(performance.now() - startedAt);
    logChange(settings.logger, org, way.subject, { durationMs, attempts });
  }
  const statements = way.stages.flatMap(({ steps }) => steps.map(({ sql }) => sql));
  return { statements, attempts, stages, resumed };
}
