import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Knex } from 'knex';
import type { Change, Plan } from '../..';
import { RefusedError } from '../failures';
import { library } from '../library';
import type { JsonFile } from './json-file';

const FORMAT = 1;

/** A tenant that was planned for, and what was in its tables then. */
export interface PlannedTenant {
  readonly org: string;
  readonly state: string;
}

interface PlanFile {
  readonly tenantDdlPlan: number;
  readonly changes: readonly Change[];
  readonly tenants: readonly PlannedTenant[];
  /** For who reviews it; what runs is planned again from the changes. */
  readonly plan: Plan;
}

export function isPlanFile(value: unknown): value is PlanFile {
  return typeof value === 'object' && value !== null && 'tenantDdlPlan' in value;
}

export async function writePlan(
  path: string,
  cwd: string,
  { changes, tenants, plan }: Omit<PlanFile, 'tenantDdlPlan'>,
): Promise<void> {
  const file: PlanFile = { tenantDdlPlan: FORMAT, changes, tenants, plan };
  await writeFile(resolve(cwd, path), `${JSON.stringify(file, null, 2)}\n`);
}

export function planIn({ name, value }: JsonFile): Omit<PlanFile, 'tenantDdlPlan' | 'plan'> {
  const { tenantDdlPlan, changes, tenants } = value as PlanFile;
  if (tenantDdlPlan !== FORMAT) {
    throw new RefusedError(`${name} is a plan of format ${String(tenantDdlPlan)}; this version reads ${FORMAT}.`);
  }
  const isWhole = Array.isArray(tenants) && tenants.length > 0 && Array.isArray(changes) && changes.length > 0;
  if (!isWhole) throw new RefusedError(`${name} is a plan that has lost its changes or its tenants. Plan again.`);
  return { changes, tenants };
}

/**
 * What is in the tables that a plan is about, as a hash. Another one says that somebody has changed something there:
 * what was looked at before is not what would run.
 */
export async function stateOf(plan: Plan, tenant: Knex): Promise<string> {
  const { models, extras } = await library().inspectTenant(plan.org, tenant);
  const tables = tablesIn(plan);
  const about = {
    models: models.filter(({ table }) => tables.has(table)),
    extras: extras.filter(({ table, name }) => tables.has(table ?? name)),
  };
  return `v1:${createHash('sha256').update(JSON.stringify(about)).digest('hex')}`;
}

function tablesIn({ org, changes, steps }: Plan): ReadonlySet<string> {
  const locked = steps.flatMap(({ locks }) => locks).filter(({ schema }) => schema === org);
  const named = changes.flatMap((change) => ('to' in change ? [change.table, change.to] : [change.table]));
  return new Set([...named, ...locked.map(({ table }) => table)]);
}
