import type { BuildStage, CopyIndexesStage, DropIndexStage } from '../plan/online/stage';
import { MigrationError } from '../errors';
import { step } from '../plan/plan';
import { qualifiedExisting, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ } from '../sql/qualified-sql';
import type { OnlineSession } from './online-session';
import { oidOf } from './record';
import { rowsOf } from '../run/wire/send';

/** What has the name of an index. */
interface IndexState {
  /** Whether it is an index of the table. */
  readonly own: string;
  readonly valid: string;
}

/**
 * Builds an index, and nothing where it is built already. An INVALID one is dropped first: IF NOT EXISTS would take it
 * for the index (manual, CREATE INDEX, Building Indexes Concurrently). Where the build fails, what it left is dropped
 * at once, since even an INVALID unique index refuses duplicates.
 */
export async function buildIndex(
  session: OnlineSession,
  { index, steps: [build] }: Pick<BuildStage, 'index' | 'steps'>,
  oid: string,
): Promise<void> {
  const state = await indexState(session, index, oid);
  if (state?.own === 'false') throw takenError(session, index);
  if (state?.valid === 'true') return;
  if (state !== undefined) await dropInvalid(session, index, oid);
  try {
    await session.runLong(build.sql);
  } catch (error) {
    const { code, sqlState } = error as MigrationError;
    // Another's, which came in between.
    if (sqlState === '42P07') throw takenError(session, index, error);
    // What a dead session has left, or still builds, is found when the change goes on.
    if (code !== 'CONNECTION_LOST') await dropInvalid(session, index, oid);
    throw error;
  }
  if ((await indexState(session, index, oid))?.valid !== 'true') {
    await dropInvalid(session, index, oid);
    throw new MigrationError(`The index "${index}" was built and is not valid. It was dropped again.`, {
      code: 'DATABASE_ERROR',
      org: session.org,
      table: session.table,
    });
  }
}

/** Builds each index that the catalog names. */
export async function copyIndexes(session: OnlineSession, stage: CopyIndexesStage, oid: string): Promise<void> {
  const copies = rowsOf<{ readonly name: string; readonly sql: string }>(await session.ask(stage.steps[0].sql));
  for (const { name, sql } of copies) {
    await buildIndex(session, { index: name as Identifier, steps: [step(sql)] }, oid);
  }
}

/** Takes a build back, also a finished one. */
export async function dropBuilt(session: OnlineSession, { index }: BuildStage, oid: string): Promise<void> {
  const state = await indexState(session, index, oid);
  if (state?.own === 'true') await session.runLong(dropSql(session.org, index));
}

/** Drops an index, and nothing where it is gone already. One that was begun to be dropped is INVALID, and is dropped again. */
export async function dropIndex(session: OnlineSession, stage: DropIndexStage, oid: string): Promise<void> {
  const state = await indexState(session, stage.index, oid);
  if (state?.own === 'true') await session.runLong(stage.steps[0].sql);
}

async function dropInvalid(session: OnlineSession, index: string, oid: string): Promise<void> {
  const state = await indexState(session, index, oid);
  if (state?.own === 'true' && state.valid === 'false') await session.runLong(dropSql(session.org, index));
}

function dropSql(org: Identifier, index: string): string {
  return `drop index concurrently ${qualifiedExisting(org, index)}`;
}

/** By the schema, and by the oid of the table: other tenants have indexes of the same name. */
async function indexState({ org, ask }: OnlineSession, index: string, oid: string): Promise<IndexState | undefined> {
  const answers = await ask(`select coalesce(x.indrelid ${EQ} ${oidOf(oid)}, false)::pg_catalog.text as own,
  coalesce(x.indisvalid, false)::pg_catalog.text as valid
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
left join pg_catalog.pg_index x on x.indexrelid ${EQ} c.oid
where n.nspname ${EQ} ${literal(org)} and c.relname ${EQ} ${literal(index)}`);
  return rowsOf<IndexState>(answers)[0];
}

function takenError({ org, table }: OnlineSession, index: string, cause?: unknown): MigrationError {
  return new MigrationError(
    `Something named "${index}" already exists in schema "${org}" (tables, views and indexes share their names). Choose another name for the index, or drop the existing one first.`,
    { code: 'INDEX_EXISTS', org, table, cause },
  );
}
