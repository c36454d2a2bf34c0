import { MigrationError } from '../errors';
import { onlineWay } from '../plan/online/online-plan';
import { createsTable } from '../plan/effects';
import { operationOf, type CheckedChange } from '../plan/operations';
import type { Identifier } from '../sql/identifier';
import type { StagedWay } from '../online/staged-change';
import type { RolloutOn } from './rollout-on';
import { tableRows, type TableRows } from './table-rows';

/** What comes next for a tenant: one change in stages, or some in one transaction. */
export type Part = StagedPart | PlainPart;

export interface StagedPart {
  readonly as: 'stages';
  readonly checked: CheckedChange;
  readonly way: StagedWay;
}

interface PlainPart {
  readonly as: 'plain';
  /** The place in the list before which it ends. */
  readonly upTo: number;
}

type Rows = (tables: readonly Identifier[]) => Promise<ReadonlyMap<string, TableRows>>;

/** A change that would keep others from a large table for long. */
interface Blocking {
  readonly at: number;
  readonly checked: CheckedChange;
  /** In stages, or why there are none. */
  readonly way: StagedWay | MigrationError;
}

/**
 * What of a tenant's list comes next. As much as possible goes into one transaction; a change that would block a table
 * of so many rows is made in stages, by itself, and so is one that was begun.
 *
 * @throws MigrationError INVALID_SPEC for a change of a large table that cannot be made online
 */
export async function nextPart(
  org: Identifier,
  list: readonly CheckedChange[],
  from: number,
  { fromRows, rows }: { readonly fromRows: number; readonly rows: Rows },
): Promise<Part> {
  const blocking = list.flatMap((checked, at) => (at < from ? [] : blockingAt(org, checked, at)));
  if (blocking.length === 0) return { as: 'plain', upTo: list.length };
  const found = await rows([...new Set(blocking.map(({ checked }) => checked.table))]);
  for (const { at, checked, way } of blocking) {
    const table = found.get(checked.table);
    // It gets its name from a change before it, after which it is looked at again.
    const isUnknown = table === undefined && at > from && !isCreated(org, list.slice(from, at), checked.table);
    const isLarge = table !== undefined && (table.isBegun || table.rows >= fromRows);
    if (!isUnknown && !isLarge) continue;
    if (at > from) return { as: 'plain', upTo: at };
    if (way instanceof MigrationError) throw way;
    return { as: 'stages', checked, way };
  }
  return { as: 'plain', upTo: list.length };
}

/** By what the catalog has of the tables of a tenant. */
export function partFor(
  { server, settings: { online, change } }: Pick<RolloutOn, 'server' | 'settings'>,
  org: Identifier,
  list: readonly CheckedChange[],
  from: number,
): Promise<Part> {
  const rows: Rows = (tables) => tableRows(server, org, tables, change);
  return nextPart(org, list, from, { fromRows: online?.fromRows ?? Infinity, rows });
}

function blockingAt(org: Identifier, checked: CheckedChange, at: number): readonly Blocking[] {
  try {
    const way = onlineWay(org, checked);
    return way.as === 'stages' ? [{ at, checked, way }] : [];
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    return [{ at, checked, way: error }];
  }
}

function isCreated(org: Identifier, before: readonly CheckedChange[], table: Identifier): boolean {
  return before.some((change) => change.table === table && createsTable(operationOf(change.kind).effects(org, change)));
}
