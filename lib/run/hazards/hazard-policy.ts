import { GUARD_STATES } from '../../sql/server-check';
import { MigrationError } from '../../errors';
import type { Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { logHazard } from '../log';
import type { HazardPolicies, Settings } from '../../options/options';
import { HAZARD_KINDS, type Hazard, type HazardKind, type HazardOn } from '../../plan/plan';
import type { Statement } from '../../sql/statement';
import { sqlStateOf } from '../failures/sql-states';
import { sharedLockHazard } from '../../plan/shared-lock';
import { lookForRows } from './rows';
import { sharedTablesIn } from '../wire/keyed-share';
import { sharedKeyIn, sharedKeyRefusal } from './shared-keys';
import { valueOf, type Answer } from '../wire/send';
import type { Work } from '../work';

/** The policy for a kind of hazard. */
export function policyOf(kind: HazardKind, policies: HazardPolicies, asked = false): 'refuse' | 'warn' | 'allow' {
  const named = typeof policies === 'string' ? undefined : policies[kind];
  const forAll = typeof policies === 'string' ? policies : 'warn';
  // Lost data cannot be recovered: a mere warning afterwards has to be requested by name.
  return named ?? (kind === 'dataLoss' && forAll === 'warn' && !asked ? 'refuse' : forAll);
}

/** The hazards with this policy. */
function hazardsWith(hazards: readonly HazardOn[], settings: Settings, policy: 'refuse' | 'warn'): readonly HazardOn[] {
  // A loss of data shows only as each row is written: see unforeseen-policy.ts.
  return hazards.filter(({ hazard: { kind } }) => kind !== 'dataLoss' && policyOf(kind, settings.hazards) === policy);
}

/** @throws MigrationError HAZARD_REFUSED for a hazard that does not depend on rows */
export function refuseWithoutRows(work: Work, settings: Settings): void {
  const found = hazardsWith(work.hazards, settings, 'refuse').find((at) => !isOnRowsOnly(at));
  if (found !== undefined) throw hazardRefusedError(work.org, found.hazard);
}

/**
 * Adds to the statements of a plan those that look for rows, in the same round trip. If a hazard is refused, they
 * come before the steps of its change, under a lock that keeps rows from being added; if it is only logged, after
 * them, under their lock. Each table once: a list of changes may have many hazards on one table.
 */
export function withHazards(work: Work, settings: Settings): readonly Statement[] {
  const { org, runs, hazards } = work;
  const sharedIsRefused = refusesShared(settings);
  if (runs === undefined || (hazards.length === 0 && !sharedIsRefused)) return work.statements;
  const refusable = new Set(firstOfEachTable(hazardsWith(hazards, settings, 'refuse').filter(isOnRowsOnly)));
  const warnable = warnedTables(work, settings);
  const statements = runs.flatMap((run) => [
    ...run.guards,
    ...(sharedIsRefused && run.dropsKeysOf !== undefined ? sharedKeyRefusal(org, run.dropsKeysOf) : []),
    ...run.hazards.filter((at) => refusable.has(at)).map((at) => refusal(org, at, hazards.indexOf(at))),
    ...run.steps,
    ...(run.afterwards ?? []),
    ...run.hazards.filter((at) => warnable.includes(at)).map((at) => look(org, at, warnable.indexOf(at))),
  ]);
  if (warnable.length === 0) return statements;
  const found = warnable.map((_at, index) => `pg_catalog.current_setting('${lookedAt(index)}', true)`);
  return [...statements, `select pg_catalog.concat_ws(',', ${found.join(', ')}) as tenant_ddl_rows`];
}

/** Whether a policy depends on the catalog. */
export function refusesShared({ hazards }: Settings): boolean {
  return policyOf('sharedLock', hazards) === 'refuse';
}

/** After the number of a hazard: the rows were not looked at. */
const FORBIDDEN = ' forbidden';

function mayNotLock(org: string, table: string): string {
  return `The database role may not lock "${org}"."${table}", so the table counts as having rows, whether or not it has some: grant the role SELECT and UPDATE on it, which its owner may have revoked.`;
}

function refusal(org: Identifier, { table, exclusive }: HazardOn, index: number): string {
  const raised = `raise exception using errcode = ${literal(GUARD_STATES.hazard)}, message = pg_catalog.concat(${literal(String(index))}, case when forbidden then ${literal(FORBIDDEN)} end);`;
  return lookForRows({
    org,
    table,
    lock: exclusive ? 'access exclusive' : 'share',
    then: `if has_rows then ${raised} end if;`,
  });
}

function look(org: Identifier, { table }: HazardOn, index: number): string {
  const found = `perform pg_catalog.set_config('${lookedAt(index)}', has_rows::pg_catalog.text, true);`;
  return lookForRows({ org, table, then: found });
}

/** A setting of the transaction, since a block cannot return rows. */
function lookedAt(index: number): string {
  return `tenant_ddl.rows_${index}`;
}

/** Logs the hazards that applied; to be called once the change has run. */
export function warnOfHazards(work: Work, settings: Settings, answers: readonly Answer[]): void {
  const { org, hazards } = work;
  for (const hazard of sharedBesides(work, settings, answers)) logHazard(settings.logger, org, hazard);
  if (hazards.length === 0) return;
  const found = valueOf(answers, 'tenant_ddl_rows');
  const rows = typeof found === 'string' ? found.split(',') : [];
  const always = hazardsWith(hazards, settings, 'warn').filter((at) => !isOnRowsOnly(at));
  const withRows = warnedTables(work, settings).filter((_at, index) => rows[index] === 'true');
  const onRows = warned(work, settings).filter((at) =>
    withRows.some(({ tableBefore }) => tableBefore === at.tableBefore),
  );
  for (const { hazard } of [...always, ...onRows]) logHazard(settings.logger, org, hazard);
}

/** Shared tables that were locked according to the server, but are not in the plan. */
function sharedBesides({ hazards }: Work, settings: Settings, answers: readonly Answer[]): readonly Hazard[] {
  const shared = sharedTablesIn(answers);
  if (shared.length === 0 || policyOf('sharedLock', settings.hazards) !== 'warn') return [];
  const planned = new Set(hazards.map(({ hazard: { message } }) => message));
  return shared
    .map(([table, shared]) => sharedLockHazard(table, shared, true))
    .filter(({ message }) => !planned.has(message));
}

/** HAZARD_REFUSED, if it was the guard that failed. */
export function refusedHazard(error: unknown, work: Work): MigrationError | undefined {
  if (sqlStateOf(error) !== GUARD_STATES.hazard) return undefined;
  const { message } = error as Error;
  const [shared, table] = message.startsWith('{') ? sharedKeyIn(message) : [];
  if (shared !== undefined && table !== undefined)
    return hazardRefusedError(work.org, sharedLockHazard(table, shared, true));
  const forbidden = message.endsWith(FORBIDDEN);
  const found = work.hazards[Number(message.replace(FORBIDDEN, ''))];
  return found && hazardRefusedError(work.org, found.hazard, forbidden ? mayNotLock(work.org, found.table) : undefined);
}

function warned(work: Work, settings: Settings): readonly HazardOn[] {
  return hazardsWith(work.hazards, settings, 'warn').filter(isOnRowsOnly);
}

function isOnRowsOnly({ hazard: { kind } }: HazardOn): boolean {
  return HAZARD_KINDS[kind].onRowsOnly;
}

function warnedTables(work: Work, settings: Settings): readonly HazardOn[] {
  return firstOfEachTable(warned(work, settings));
}

function firstOfEachTable(hazards: readonly HazardOn[]): readonly HazardOn[] {
  const first = new Map<string, HazardOn>();
  for (const at of hazards) if (!first.has(at.tableBefore)) first.set(at.tableBefore, at);
  return [...first.values()];
}

export function hazardRefusedError(org: string, hazard: Hazard, rows?: string): MigrationError {
  const { kind, table, column, message, saferWay } = hazard;
  const said = `${message} Nothing was changed (hazard ${kind}). ${saferWay}`;
  return new MigrationError(rows === undefined ? said : `${said} ${rows}`, {
    code: 'HAZARD_REFUSED',
    org,
    table,
    column,
  });
}
