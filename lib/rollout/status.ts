import type { Knex } from 'knex';
import { MigrationError, type ErrorCode } from '../errors';
import type { ChangeOptions, Settings } from '../options/options';
import { settingsOf } from '../options/settings';
import { OUTCOMES, ROLLOUT_TENANTS, ROLLOUTS, type Outcome } from '../run/wire/ledger-row';
import { literal } from '../sql/literal';
import { EQ } from '../sql/qualified-sql';
import { askLedger, whereLedgerIs, type LedgerAnswers } from './ask-ledger';
import { serversIn } from './prepare-ledger';
import type { RolloutFailures, RolloutState, RolloutStatus } from './rollout-types';
import { rowsOf } from '../run/wire/send';

/**
 * Reports the progress of a rollout, from any process, with one query for each server.
 *
 * @param db a Knex, or a list of them where the tenants are spread over several servers
 * @throws MigrationError INVALID_SPEC if there is no rollout of that name
 * @example
 * const { state, done, failed, pending } = await rolloutStatus('2026-11 invoice.status', knex);
 */
export async function rolloutStatus(
  name: string,
  db: Knex | readonly Knex[],
  options?: ChangeOptions,
): Promise<RolloutStatus> {
  const settings = settingsOf(options);
  const found = await Promise.all(serversIn(db).map((server) => statusOn(server, name, settings)));
  const statuses = found.filter((status) => status !== undefined);
  if (statuses.length === 0) throw noRolloutError(name);
  return mergedStatus(statuses);
}

export function noRolloutError(name: string): MigrationError {
  return new MigrationError(
    `There is no rollout "${name}" in the ledger. Correct the name, or start it with rollOut.`,
    {
      code: 'INVALID_SPEC',
    },
  );
}

interface StatusRow extends Readonly<Record<`${Outcome}_count`, number>> {
  readonly hash: string;
  readonly state: RolloutState;
  readonly reason: string | null;
  /** As JSON. */
  readonly created_at: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly failures: string | null;
}

/** Of the ledger of one server; nothing where it has no rollout of that name. */
export async function statusOn(server: Knex, name: string, settings: Settings): Promise<RolloutStatus | undefined> {
  return statusIn(name, (await whereLedgerIs(askLedger(server, statusQuery(name), settings))) ?? []);
}

/** The answer to {@link statusQuery}, read. */
export function statusIn(name: string, answers: LedgerAnswers): RolloutStatus | undefined {
  const row = rowsOf<StatusRow>(answers)[0];
  if (row === undefined) return undefined;
  const counts = OUTCOMES.map((outcome) => [outcome, row[`${outcome}_count`]] as const);
  return {
    name,
    hash: row.hash,
    state: row.state,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(Object.fromEntries(counts) as Record<Outcome, number>),
    targets: counts.reduce((sum, [, count]) => sum + count, 0),
    failures: (JSON.parse(row.failures ?? '[]') as readonly FailureRow[]).map(failuresOf),
    createdAt: timeIn(row.created_at),
    startedAt: timeIn(row.started_at),
    ...(row.ended_at === null || row.state === 'running' ? {} : { endedAt: timeIn(row.ended_at) }),
  };
}

function timeIn(json: string): Date {
  return new Date(JSON.parse(json) as string);
}

/** All that a status says, in one row. */
export function statusQuery(name: string): string {
  const counts = OUTCOMES.map(
    (outcome) => `pg_catalog.count(*) filter (where t.outcome ${EQ} ${literal(outcome)})::integer as ${outcome}_count`,
  );
  const failures = `select pg_catalog.json_agg(f order by f.count desc, f.code) from (
    select t.code, t.operation, t.table_name, t.constraint_name, pg_catalog.count(*) as count,
      (pg_catalog.array_agg(t.org order by t.place))[1:3] as examples
    from ${ROLLOUT_TENANTS} t where t.rollout ${EQ} r.id and t.outcome ${EQ} 'failed'
    group by t.code, t.operation, t.table_name, t.constraint_name) f`;
  // As JSON writes a time: a session may have another DateStyle, and a caller another type parser.
  const times = ['created_at', 'started_at', 'ended_at'].map(
    (name) => `pg_catalog.to_json(r.${name})::pg_catalog.text as ${name}`,
  );
  return `select r.hash, r.state, r.reason, ${times.join(', ')}, c.*,
  case when c.failed_count ${EQ} 0 then null else (${failures})::pg_catalog.text end as failures
from ${ROLLOUTS} r cross join lateral (
  select ${counts.join(', ')} from ${ROLLOUT_TENANTS} t where t.rollout ${EQ} r.id) c
where r.name ${EQ} ${literal(name)}`;
}

interface FailureRow {
  readonly code: ErrorCode;
  readonly operation: string | null;
  readonly table_name: string | null;
  readonly constraint_name: string | null;
  readonly count: number;
  readonly examples: readonly string[];
}

function failuresOf({ code, operation, table_name, constraint_name, count, examples }: FailureRow): RolloutFailures {
  return {
    code,
    ...(operation === null ? {} : { operation }),
    ...(table_name === null ? {} : { table: table_name }),
    ...(constraint_name === null ? {} : { constraint: constraint_name }),
    count,
    examples,
  };
}

/** The state of the whole rollout is the first of these that any server has. */
const STATES: readonly RolloutState[] = ['stopped', 'paused', 'running', 'finished'];

/** One report of several servers. */
export function mergedStatus(statuses: readonly RolloutStatus[]): RolloutStatus {
  const [first, ...others] = statuses;
  if (first === undefined || others.length === 0) return first as RolloutStatus;
  const whole = STATES.map((state) => statuses.find((status) => status.state === state)).find(Boolean) ?? first;
  const sum = (key: 'targets' | Outcome): number => statuses.reduce((total, status) => total + status[key], 0);
  const counts = (['targets', ...OUTCOMES] as const).map((key) => [key, sum(key)] as const);
  return {
    ...whole,
    ...(Object.fromEntries(counts) as Record<'targets' | Outcome, number>),
    failures: mergedFailures(statuses.flatMap(({ failures }) => failures)),
  };
}

/** At most three examples of each kind. */
export function mergedFailures(all: readonly RolloutFailures[]): readonly RolloutFailures[] {
  const kinds = new Map<string, RolloutFailures>();
  for (const each of all) {
    const { code, operation, table, constraint } = each;
    const key = JSON.stringify([code, operation, table, constraint]);
    const known = kinds.get(key);
    const examples = [...(known?.examples ?? []), ...each.examples].slice(0, 3);
    kinds.set(key, { ...each, count: (known?.count ?? 0) + each.count, examples });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count);
}
