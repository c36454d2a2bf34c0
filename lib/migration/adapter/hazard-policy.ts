import { MigrationError } from '../errors';
import { guard } from '../guard';
import { qualified, type Identifier } from '../identifier';
import { literal } from '../literal';
import { logHazard } from '../log';
import type { HazardPolicies, Settings } from '../options';
import { HAZARD_KINDS, type Hazard, type HazardKind, type HazardOn } from '../plan';
import { EQ, GT } from '../qualified-sql';
import { sqlStateOf, GUARD_STATES } from '../sql-states';
import { valueOf, type Answer } from './send';
import type { Work } from './work';

/** What is done about a kind of hazard. */
export function policyOf(kind: HazardKind, policies: HazardPolicies): 'refuse' | 'warn' | 'allow' {
  return typeof policies === 'string' ? policies : (policies[kind] ?? 'warn');
}

/** Those of a plan that a policy is about. */
function those(work: Work, { hazards }: Settings, policy: 'refuse' | 'warn'): readonly HazardOn[] {
  return work.hazards.filter(({ hazard: { kind } }) => policyOf(kind, hazards) === policy);
}

/** @throws MigrationError HAZARD_REFUSED for a hazard that does not hang on rows */
export function refuseWithoutRows(work: Work, settings: Settings): void {
  const found = those(work, settings, 'refuse').find((at) => !isOnRowsOnly(at));
  if (found !== undefined) throw refused(work.org, found.hazard);
}

/**
 * The statements before those of the plan: one that fails where a refused hazard meets rows, and one that
 * looks for rows where there is something to warn of. In the same round trip, behind the same turn.
 */
export function hazardStatements(work: Work, settings: Settings): readonly string[] {
  const { org } = work;
  if (work.hazards.length === 0) return [];
  const refusals = those(work, settings, 'refuse').filter(isOnRowsOnly);
  const cases = refusals.map(
    (at) => `when ${rowsIn(org, at.tableBefore)} then ${literal(String(work.hazards.indexOf(at)))}`,
  );
  const reason = `case ${cases.join(' ')} end`;
  const guards = cases.length === 0 ? [] : [guard({ kind: 'hazard', test: 'select', reason })];
  const tables = tablesToLookInto(work, settings);
  const looks =
    tables.length === 0
      ? []
      : [
          `select pg_catalog.array_to_json(array[${tables.map((table) => rowsIn(org, table)).join(', ')}]::boolean[])::pg_catalog.text as tenant_ddl_rows`,
        ];
  return [...guards, ...looks];
}

/** Logs the hazards that were met; to be called when the change has run. */
export function warnOfHazards(work: Work, settings: Settings, answers: readonly Answer[]): void {
  const { org } = work;
  if (work.hazards.length === 0) return;
  const found = valueOf(answers, 'tenant_ddl_rows');
  const rows = typeof found === 'string' ? (JSON.parse(found) as boolean[]) : [];
  const always = those(work, settings, 'warn').filter((at) => !isOnRowsOnly(at));
  const withRows = tablesToLookInto(work, settings).filter((_table, index) => rows[index] === true);
  const onRows = warned(work, settings).filter(({ tableBefore }) => withRows.includes(tableBefore));
  for (const { hazard } of [...always, ...onRows]) logHazard(settings.logger, org, hazard);
}

/** HAZARD_REFUSED, where it was the guard that failed. */
export function refusedHazard(error: unknown, { org, hazards }: Work): MigrationError | undefined {
  if (sqlStateOf(error) !== GUARD_STATES.hazard) return undefined;
  const found = hazards[Number((error as Error).message)];
  return found && refused(org, found.hazard);
}

function warned(work: Work, settings: Settings): readonly HazardOn[] {
  return those(work, settings, 'warn').filter(isOnRowsOnly);
}

function isOnRowsOnly({ hazard: { kind } }: HazardOn): boolean {
  return HAZARD_KINDS[kind].onRowsOnly;
}

/** Each once: a list of changes may have many hazards of one table. */
function tablesToLookInto(work: Work, settings: Settings): readonly Identifier[] {
  return [...new Set(warned(work, settings).map(({ tableBefore }) => tableBefore))];
}

function rowsIn(org: Identifier, table: Identifier): string {
  const relation = literal(qualified(org, table));
  // Row security may hide every row from the owner too.
  return `(exists (select from ${qualified(org, table)}) or exists (select from pg_catalog.pg_class
    where oid ${EQ} pg_catalog.to_regclass(${relation}) and relforcerowsecurity and pg_catalog.pg_relation_size(oid) ${GT} 0))`;
}

function refused(org: string, { kind, table, column, message, saferWay }: Hazard): MigrationError {
  return new MigrationError(`${message} Nothing was changed (hazard ${kind}). ${saferWay}`, {
    code: 'HAZARD_REFUSED',
    org,
    table,
    column,
  });
}
