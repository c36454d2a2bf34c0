import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { Settings } from '../options/options';
import { takeConnection } from '../run/ways/own-transaction';
import { CITUS, learnCitus, leadsToCitus } from '../run/wire/citus';
import { awaitAnswer, statementLimitMs } from '../run/wire/limit';
import { clientOf, send } from '../run/wire/send';
import type { Work } from '../run/work';
import { quoted, type Identifier } from '../sql/identifier';

/**
 * Whether a drop was refused since it was written for a plain server, and the coordinator of Citus counts shards of
 * the schema as outside: nothing was asked on a connection before. Now it is known, and the drop can be sent again.
 */
export async function hasSeenShards(error: unknown, work: Work, server: Knex, settings: Settings): Promise<boolean> {
  if (!(error instanceof MigrationError) || error.dependents?.some((name) => isIn(work.org, name)) !== true)
    return false;
  const connection = await takeConnection(server, work);
  try {
    if (leadsToCitus(connection)) return false;
    const asked = send(server, `select ${CITUS}`, connection);
    learnCitus(connection, await awaitAnswer(connection, statementLimitMs(settings), asked));
    return leadsToCitus(connection);
  } catch {
    // The first error is the one to report.
    return false;
  } finally {
    await clientOf(server).releaseConnection(connection);
  }
}

/** A table of the schema itself is never outside of it, where all tables are seen. */
function isIn(org: string, name: string): boolean {
  return name.startsWith(`table ${quoted(org as Identifier)}.`) || name.startsWith(`table ${org}.`);
}
