import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import { onlineServer } from '../online/online-server';
import { ensureRecords } from '../online/record';
import type { Settings } from '../options/options';
import { CITUS, isCitusIn } from '../run/wire/citus';
import type { Identifier } from '../sql/identifier';
import { askLedger } from './ask-ledger';

/**
 * Creates the record of online changes, if it is missing.
 *
 * @throws MigrationError UNSUPPORTED_DATABASE on Citus, INVALID_SPEC for a pool of one connection, PERMISSION_DENIED
 */
export async function prepareOnline(server: Knex, settings: Settings): Promise<void> {
  await onlineServer('' as Identifier, server, 'rollOut with online');
  const ask = (sql: string): ReturnType<typeof askLedger> => askLedger(server, sql, settings);
  if (isCitusIn(await ask(`select ${CITUS}`))) {
    throw new MigrationError(
      'Online changes need the table on the same server as the record of them, and Citus distributes it to a worker. Nothing was changed. Roll out without online, when the tables are less used.',
      { code: 'UNSUPPORTED_DATABASE' },
    );
  }
  await ensureRecords({ ask });
}
