import { Client } from 'pg';

/** Settings of a server whose lock table is soon full. */
export const FEW_LOCKS = { max_connections: '40', max_locks_per_transaction: '10' };

/** Takes every lock that the server has to give, and gives them back when the function that comes of it is called. */
export async function fillLockTable(url: string): Promise<() => Promise<void>> {
  // A statement_timeout of the server is another fault.
  const options = '-c statement_timeout=0';
  const hog = new Client({ connectionString: url, application_name: 'hog', options });
  // Its server may be stopped before it lets go.
  hog.on('error', () => undefined);
  await hog.connect();
  try {
    await hog.query('select pg_advisory_lock(n) from generate_series(1, 1000000) n');
  } catch (error) {
    // A session's locks outlive the statement that failed.
    if ((error as { code?: unknown }).code === '53200') return () => hog.end().catch(() => undefined);
    throw error;
  }
  throw new Error('The lock table has room for a million locks.');
}
