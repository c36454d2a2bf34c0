import type {
  BuildStage,
  CopyIndexesStage,
  DropIndexStage,
  FillStage,
  KeysStage,
  Stage,
  TransactionStage,
  ValidateStage,
} from '../plan/online/stage';
import type { Subject } from '../plan/subject';
import { buildIndex, copyIndexes, dropIndex } from './build-index';
import { eachKey } from './each-key';
import { fill } from './fill';
import { runBriefly } from './in-transaction';
import type { OnlineSession } from './online-session';

/** What a stage runs with. */
export interface StageContext {
  readonly session: OnlineSession;
  readonly subject: Subject;
  readonly oid: string;
  /** Which one it is, from 1, and of how many. */
  readonly number: number;
  readonly of: number;
  /** The statement that says in the record that it is done. */
  readonly moved: string;
}

/** What runs a stage; `moved` where it has said so in the record itself. */
type Runner<S extends Stage> = (context: StageContext, stage: S) => Promise<'moved' | undefined>;

type Runners = { readonly [K in Stage['kind']]: Runner<Extract<Stage, { readonly kind: K }>> };

/** Each kind of stage. All but a transaction can run twice: a crash may come before the record says that it is done. */
export const STAGE_RUNNERS: Runners = {
  transaction: async ({ session, subject, oid, moved }, stage: TransactionStage) => {
    const { guards = [], steps, afterwards = [] } = stage;
    const statements = [...guards, ...steps.map(({ sql }) => sql), ...afterwards, moved];
    await runBriefly(session, { subject, oid, statements, locks: steps.flatMap(({ locks }) => locks) });
    return 'moved';
  },
  keys: async ({ session, subject, oid }, stage: KeysStage) => {
    await eachKey(session, stage, { subject, oid });
    return undefined;
  },
  build: async ({ session, oid }, stage: BuildStage) => {
    await buildIndex(session, stage, oid);
    return undefined;
  },
  copies: async ({ session, oid }, stage: CopyIndexesStage) => {
    await copyIndexes(session, stage, oid);
    return undefined;
  },
  drop: async ({ session, oid }, stage: DropIndexStage) => {
    await dropIndex(session, stage, oid);
    return undefined;
  },
  fill: async ({ session, oid, number, of }, stage: FillStage) => {
    await fill(session, stage, { oid, number, of });
    return undefined;
  },
  validate: async ({ session }, stage: ValidateStage) => {
    await session.runLong(stage.steps[0].sql);
    return undefined;
  },
};
