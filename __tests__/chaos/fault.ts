import type { Knex } from 'knex';
import type { EmbeddedPostgres } from '../support/embedded-postgres';
import type { Cluster } from './cluster/cluster';
import type { FaultName } from './faults';
import type { Proxy } from './proxy';
import { ORGS } from './task-plan';
import type { TaskPlan } from './task-plan';
import type { TlsLine } from './tls-line';
import type { Trace } from './trace';

/** One fault with what varies of it; each fault makes of these what it can. */
export interface FaultPlan {
  readonly name: FaultName;
  /** At which occasion of the round, from 1. */
  readonly nth: number;
  readonly how: 'reset' | 'end';
  readonly coin: boolean;
  readonly ms: number;
}

/** The server that the services change: a PostgreSQL of the harness, or the coordinator of a cluster. */
export type ChaosServer = Pick<EmbeddedPostgres, 'url' | 'crash' | 'shutDown' | 'start' | 'stop'>;

/** What a fault can lay hands on. */
export interface Stage {
  readonly server: ChaosServer;
  /** Of Citus, with `CITUS_URL`. */
  readonly cluster?: Cluster | undefined;
  readonly proxy: Proxy;
  /** Connections that the proxy does not see. */
  readonly admin: Knex;
  readonly services: readonly Knex[];
  /** What the services connect by in a round whose fault it is. Encrypted, nothing else can be struck at. */
  readonly tls?: TlsLine | undefined;
  readonly tasks: readonly TaskPlan[];
  readonly trace: Trace;
}

export interface Injected {
  /** Whether it struck: an occasion that never came is no injection. */
  hasStruck(): boolean;
  /** Takes it away, once the tasks have ended. */
  end(): Promise<void>;
}

export interface Fault {
  /** What one of the tasks has to be, for the fault to find something to strike. */
  readonly needs?: Partial<TaskPlan>;
  /** Resolves when the fault is in place. */
  inject(stage: Stage, plan: FaultPlan): Promise<Injected>;
}

/** The tenant that a fault is about: the first task's. */
export function orgOf({ tasks }: Stage): string {
  return tasks[0]?.org ?? ORGS[0];
}

/** A session of the fault's own, by itself; another fault, or PostgreSQL, may end it before its time. */
export async function withSession(stage: Stage, work: (session: Knex.Transaction) => Promise<void>): Promise<void> {
  try {
    await stage.admin.transaction(work);
  } catch (error) {
    stage.trace.note(`the fault's session ended: ${String(error)}`);
  }
}
