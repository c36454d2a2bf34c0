import type { Knex } from 'knex';
import {
  applyChange,
  planChange,
  withTenant,
  type Change,
  type ChangeResult,
  type Hazard,
  type Step,
} from 'tenant-ddl';
import { own } from './metadata';
import { summaryOf, writeChange } from './metadata-changes';
import { OPTIONS, REFUSED } from './quiet';

/** A change before it is made, as the page shows it. */
export interface Review {
  readonly summary: string;
  readonly steps: readonly Step[];
  readonly hazards: readonly (Hazard & { readonly refused: boolean })[];
  /** Most hazards count only where there are rows. */
  readonly hasRows: boolean;
}

export async function review(org: string, change: Change, db: Knex): Promise<Review> {
  const { steps, hazards } = planChange(org, change);
  const hasRows = await hasRowsIn(org, change, db);
  return {
    summary: summaryOf(change),
    steps,
    hasRows,
    hazards: hazards.map((hazard) => ({ ...hazard, refused: hasRows && hazard.kind in REFUSED })),
  };
}

async function hasRowsIn(org: string, { kind, table }: Change, db: Knex): Promise<boolean> {
  if (kind === 'createModel') return false;
  // A name that is no model of this tenant is not asked for.
  const model: unknown = await own(db, 'model').where({ org, name: table }).first();
  return model !== undefined && (await db(table).withSchema(org).first(db.raw('1 as one'))) !== undefined;
}

/** The table and its metadata change together, or not at all. */
export function apply(org: string, change: Change, db: Knex): Promise<ChangeResult> {
  return withTenant(
    org,
    db,
    async (tenant) => {
      const result = await applyChange(org, change, tenant);
      await writeChange(org, change, result, tenant);
      return result;
    },
    OPTIONS,
  );
}
