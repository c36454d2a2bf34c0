import { startPostgres } from '../support/embedded-postgres';
import { selfSigned } from '../support/self-signed';
import { useCluster, type Cluster } from './cluster/cluster';
import type { ChaosServer } from './fault';
import { FEW_LOCKS } from './lock-table';

const SETTINGS = {
  // A crash of the process loses nothing that was written; one of the machine is not among the faults.
  fsync: 'off',
  full_page_writes: 'off',
  ...FEW_LOCKS,
  // A deadlock is found while a lock is still waited for.
  deadlock_timeout: '30ms',
};

/** What the rounds are played against. */
export interface Played {
  readonly server: ChaosServer;
  readonly cluster?: Cluster;
  readonly certificate?: ReturnType<typeof selfSigned>;
}

export async function serverOf(withPooler: boolean): Promise<Played> {
  if (process.env.CITUS_URL) {
    say('the lines of a cluster are read');
    const cluster = await useCluster(process.env.CITUS_URL);
    return { server: cluster, cluster };
  }
  const certificate = withPooler ? undefined : selfSigned();
  if (certificate === undefined) say(withPooler ? 'the pooler speaks no TLS' : 'there is no openssl');
  const settings = { ...SETTINGS, ...certificate?.settings };
  return { server: await startPostgres({ settings, major: Number(process.env.POSTGRES_MAJOR ?? 18) }), certificate };
}

function say(reason: string): void {
  process.stdout.write(`Skipped: "TLS damaged", ${reason}.\n`);
}
