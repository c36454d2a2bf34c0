import type { OnlineWay } from '../plan/online/online-plan';

/** How a change is made that has stages. */
export type StagedWay = Extract<OnlineWay, { readonly as: 'stages' }>;

/** A change in stages, on a table that has been looked at. */
export interface StagedChange {
  readonly way: StagedWay;
  /** Of the table. */
  readonly oid: string;
  /** A statement for the transaction that ends its record. */
  readonly mark?: string | undefined;
}
