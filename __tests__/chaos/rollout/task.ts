import type { Change } from '../../../lib';

/** What a process of the rollout is to do. */
export interface WorkerTask {
  /** By way of the proxy. */
  readonly url: string;
  /** pg-boss has its own connections, which are left alone. */
  readonly bossUrl: string;
  readonly connections: number;
  /** Calls rollOut, calls it with a queue, or works for the queue. */
  readonly mode: 'call' | 'queue' | 'work';
}

export const NAME = 'chaos';

/** Twice the same column would fail, twice the same row would be two. */
export const CHANGES: readonly Change[] = [
  { kind: 'addField', table: 'invoice', field: { name: 'status', type: 'String', default: 'draft' } },
  { kind: 'createModel', table: 'payment', fields: [{ name: 'id', type: 'Int' }] },
];
