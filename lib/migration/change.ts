import { isLeft } from 'fp-ts/lib/Either';
import type { Knex } from 'knex';
import { contextOf, orgOn } from './adapter/tenant-context';
import type { Work } from './adapter/work';
import { boundedCopy, newBudget, type Budget } from './bounded-copy';
import { BOUNDS } from './bounds';
import { faultsOf } from './closed';
import { MigrationError, type Fault } from './errors';
import { execute } from './execute';
import { isBlock } from './guard';
import { didYouMean } from './hints';
import { identifier, identifierFault, type Identifier } from './identifier';
import { operationOf, operations, type Change, type ChangeKind, type CheckedChange } from './operations';
import type { ChangeOptions } from './options';
import { isOwnLock } from './own-lock';
import { isRecord } from './plain-object';
import type { PlanOf } from './plan';
import { planned, type Planned } from './planned';
import type { Statement } from './query';
import { referencesMade } from './references-made';
import { settingsOf, sharedSchemasOf, tenantsOwn } from './settings';
import { shownBeginning } from './shown';

/** What will run for a list of changes. Plain data: it can be shown, logged and stored. */
export type Plan = PlanOf<Change>;

/** What a change did. */
export interface ChangeResult {
  readonly org: string;
  /** As they were checked: a default is JSON, whatever it was given as. */
  readonly changes: readonly Change[];
  /** The SQL that ran, in its order. */
  readonly statements: readonly string[];
  readonly attempts: number;
  /** Of all attempts together, in milliseconds. */
  readonly durationMs: number;
}

/** What planning needs to know beside the change. */
export type PlanOptions = Pick<ChangeOptions, 'sharedSchemas'>;

/**
 * The SQL that a change will run, with its locks and hazards. Needs no database: what is planned is what
 * runs, to the letter.
 *
 * @throws MigrationError INVALID_SPEC, INVALID_IDENTIFIER or CROSS_TENANT_REFERENCE, with every fault
 * @example
 * planChange('acme-corp', { kind: 'dropField', table: 'invoice', column: 'old_field' }).steps[0].sql
 * // alter table "acme-corp"."invoice" drop column "old_field"
 */
export function planChange(org: string, change: Change, options?: PlanOptions): Plan {
  return planChanges(org, [change], options);
}

/**
 * The same for a list of changes, which run in one round trip and all or nothing.
 *
 * @example planChanges('acme-corp', [{ kind: 'dropModel', table: 'line' }, { kind: 'dropModel', table: 'invoice' }])
 */
export function planChanges(org: string, changes: readonly Change[], options?: PlanOptions): Plan {
  const checkedOrg = identifier(org, 'org');
  const sharedSchemas = sharedSchemasOf(options);
  tenantsOwn(checkedOrg, sharedSchemas);
  return asWritten(planned(checkedOrg, checkedChanges(checkedOrg, changes, sharedSchemas)).plan);
}

/**
 * Makes one change of a tenant's tables. The functions named after the operations are words for this.
 *
 * @param tenant what `withTenant` hands out, any knex transaction, or a Knex, on which the change is a
 *   transaction of its own; not a transaction that has a nested one open, which would undo the change with it
 * @throws MigrationError; see its codes
 */
export async function applyChange(
  org: string,
  change: Change,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  return applyChanges(org, [change], tenant, options);
}

/**
 * Makes several changes of a tenant's tables, in their order, in one round trip: all of them, or none.
 * Models that are created one after the other may refer to each other.
 *
 * @throws MigrationError; with several changes, `table` is that of the change that failed, where it is known
 */
export async function applyChanges(
  org: string,
  changes: readonly Change[],
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  const checkedOrg = orgOn(org, tenant);
  const settings = settingsOf(options, contextOf(tenant)?.settings);
  tenantsOwn(checkedOrg, settings.sharedSchemas);
  const whole = planned(checkedOrg, checkedChanges(checkedOrg, changes, settings.sharedSchemas));
  const ran = await execute(workOf(checkedOrg, whole), tenant, settings);
  const plan = asWritten(whole.plan);
  return { org, changes: plan.changes, statements: plan.steps.map(({ sql }) => sql), ...ran };
}

/** What is checked can be written again: the codec has seen that the options and the default are of the type. */
function asWritten(plan: Planned['plan']): Plan {
  return plan as unknown as Plan;
}

function workOf(org: Identifier, { plan, runs, unforeseen }: Planned): Work {
  const { changes, steps } = plan;
  const locks = steps.flatMap((step) => step.locks);
  const lockedTables = [...new Set(locks.map(({ schema, table }) => `"${schema}"."${table}"`))];
  return {
    org,
    runs,
    statements: runs.flatMap((run) => [...run.guards, ...run.steps, ...(run.afterwards ?? [])]),
    subjects: changes.map((change) => operationOf(change.kind).subject(org, change)),
    lockedTables,
    hazards: runs.flatMap((run) => run.hazards),
    unforeseen,
    readsCatalog: runs.some(({ guards, steps: own }) => guards.some(isLook) || own.some(isBlock)),
  };
}

function isLook(statement: Statement): boolean {
  return typeof statement !== 'string' || !isOwnLock(statement);
}

/** The gate through which every change comes, from code and from JSON alike. */
function checkedChanges(
  org: Identifier,
  changes: readonly unknown[],
  sharedSchemas: readonly string[],
): readonly CheckedChange[] {
  if (!Array.isArray(changes)) {
    throw new MigrationError('The changes must be a list.', { code: 'INVALID_SPEC', org });
  }
  if (changes.length > BOUNDS.changes) {
    throw new MigrationError(`There must be at most ${BOUNDS.changes} changes in one call, not ${changes.length}.`, {
      code: 'INVALID_SPEC',
      org,
    });
  }
  const budget = newBudget();
  // By index, holes included.
  return Array.from(changes as readonly unknown[], (change) => checked(org, change, sharedSchemas, budget));
}

function checked(org: Identifier, given: unknown, sharedSchemas: readonly string[], budget: Budget): CheckedChange {
  const bounded = boundedCopy(given, budget);
  if ('fault' in bounded) throw refused('A change', org, undefined, [bounded.fault]);
  const change = bounded.copy;
  const kind = kindOf(change);
  if (kind === undefined) {
    const kinds = Object.keys(operations);
    const message = `must be one of ${kinds.join(', ')}${didYouMean(isRecord(change) && change.kind, kinds)}`;
    throw refused('A change', org, change, [{ path: 'kind', message }]);
  }
  const decoded = operationOf(kind).codec.decode(change);
  const faults = isLeft(decoded)
    ? [...faultsOf(decoded.left), ...foreignTenants(change, org, sharedSchemas)]
    : foreignTenants(decoded.right, org, sharedSchemas);
  if (isLeft(decoded) || faults.length > 0) throw refused(kind, org, change, faults);
  return decoded.right;
}

/** References that leave the tenant. A schema that is no name is the codec's to refuse. */
function foreignTenants(change: unknown, org: Identifier, sharedSchemas: readonly string[]): readonly Fault[] {
  return referencesMade(change)
    .filter(({ schema }) => schema !== org && !sharedSchemas.includes(schema))
    .filter(({ schema }) => identifierFault(schema, 'schema') === undefined)
    .map(({ path, schema }) => ({
      path,
      message: `"${schema}" is neither the org nor one of sharedSchemas (${sharedSchemas.join(', ')})`,
      code: 'CROSS_TENANT_REFERENCE',
    }));
}

function kindOf(change: unknown): ChangeKind | undefined {
  const kind = isRecord(change) ? change.kind : undefined;
  return typeof kind === 'string' && Object.hasOwn(operations, kind) ? (kind as ChangeKind) : undefined;
}

/** Every fault in one error. Its code is the narrow one only where all faults are of that kind. */
function refused(what: string, org: string, change: unknown, faults: readonly Fault[]): MigrationError {
  const { table: given } = (change ?? {}) as { readonly table?: unknown };
  const table = typeof given === 'string' ? shownBeginning(given) : undefined;
  const code = faults[0]?.code;
  const subject = table === undefined ? what : `${what} "${table}"`;
  const listed = faults.slice(0, BOUNDS.faults);
  const lines = listed.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  if (listed.length < faults.length) lines.push(`… and more: these are the first ${BOUNDS.faults} faults`);
  const list = lines.length === 1 ? ` ${lines.join()}` : `\n  ${lines.join('\n  ')}`;
  return new MigrationError(`${subject} was refused, and nothing was sent to the database.${list}`, {
    code: code !== undefined && faults.every((fault) => fault.code === code) ? code : 'INVALID_SPEC',
    org,
    table,
    faults: listed,
  });
}
