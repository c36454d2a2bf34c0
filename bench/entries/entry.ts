import type { Model } from '../models.ts';

/** One way to do the work, through the public API of what does it. */
export interface Entry {
  readonly name: string;
  /** What is done, in a few words: it stands beside the name on the page. */
  readonly how: string;
  readonly kind: 'ours' | 'peer' | 'limit';
  /** False where a program that it runs is not installed. */
  readonly isAvailable?: () => boolean;
  open(options: OpenOptions): Promise<Session>;
}

export interface OpenOptions {
  readonly url: string;
  readonly connections: number;
}

export interface Session {
  /** The tables of these models, and their schema before them: all in one transaction, if the entry has one. */
  provision?(org: string, models: readonly Model[], options: ProvisionOptions): Promise<void>;
  /** The column of the workloads W2 and W4, with a lock timeout of a second. */
  addColumn?(org: string, table: string): Promise<void>;
  dropColumn?(org: string, table: string): Promise<void>;
  /** The column in many tenants, where the entry has a way for them all; as many at a time as it has connections. */
  addColumnInAll?(orgs: readonly string[], table: string): Promise<void>;
  /** What an entry needs before it can do one of these again; not timed. */
  prepare?(operation: Operation, org: string, table: string): Promise<void>;
  close(): Promise<void>;
}

export interface ProvisionOptions {
  /** False: the schema is there already. */
  readonly schema: boolean;
}

export type Operation = 'addColumn' | 'dropColumn';
