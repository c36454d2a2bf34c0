import type { OnlineWay } from '../plan/online/online-plan';

/** A change in stages, on a table that has been looked at. */
export interface StagedChange {
  readonly way: Extract<OnlineWay, { readonly as: 'stages' }>;
  /** Of the table. */
  readonly oid: string;
}
