import type { Knex } from 'knex';
import { logLeftOpen } from '../log';
import type { Logger } from '../../options/logger';
import { clientOf } from './send';

/** The parts of knex's client that open a connection of their own, and close it. */
interface Opening {
  acquireRawConnection(): Promise<RawConnection>;
  destroyRawConnection(connection: object): Promise<void>;
}

/** pg's connection, for which knex has no events. */
export interface RawConnection {
  query(sql: string): Promise<{ readonly rows: readonly Readonly<Record<string, string | null>>[] }>;
}

/**
 * Opens a connection beside the pool, which may be used up, or full of dead connections. It uses the pool's latest
 * password.
 *
 * @param limitMs the longest wait for it
 */
export async function openBeside(db: Knex, limitMs: number, logger: Logger): Promise<RawConnection> {
  const opening = openingOf(db).acquireRawConnection();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, limitMs, undefined)));
  const connection = await Promise.race([opening, late]).finally(() => clearTimeout(timer));
  if (connection !== undefined) return connection;
  opening.then(
    (unused) => closeBeside(db, unused, logger),
    (error: unknown) => logLeftOpen(logger, error),
  );
  throw new Error(`no connection could be made within ${limitMs} ms`);
}

/** Not awaited: over a network that swallows what is sent, a clean close is not answered either. */
export function closeBeside(db: Knex, connection: RawConnection, logger: Logger): void {
  openingOf(db)
    .destroyRawConnection(connection)
    .catch((error: unknown) => logLeftOpen(logger, error));
}

function openingOf(db: Knex): Opening {
  return clientOf(db) as unknown as Opening;
}
