import { granteeSql, OWN_SCHEMA, YOUR_ROLE } from '../run/own-tables';
import { ROLLOUT_TENANTS, ROLLOUTS } from '../run/wire/ledger-row';

/** By the name of each table; nothing is created that is there. */
export const LEDGER_TABLES: Readonly<Record<string, readonly string[]>> = {
  rollout: [
    `create table ${ROLLOUTS} (
  "id" integer generated always as identity primary key,
  "name" pg_catalog.text not null unique,
  "changes" pg_catalog.text not null,
  "hash" pg_catalog.text not null,
  "version" pg_catalog.text not null,
  "seed" integer not null,
  "state" pg_catalog.text not null,
  "reason" pg_catalog.text,
  "open_until" integer not null default 0,
  "created_at" timestamp with time zone not null default pg_catalog.clock_timestamp(),
  "started_at" timestamp with time zone not null default pg_catalog.clock_timestamp(),
  "ended_at" timestamp with time zone
)`,
  ],
  // Half of each page is left free: the one update of a row then stays on its page, and writes no index (manual 66.7, HOT).
  rollout_tenant: [
    `create table ${ROLLOUT_TENANTS} (
  "rollout" integer not null,
  "org" pg_catalog.text not null,
  "place" integer not null,
  "outcome" pg_catalog.text not null default 'pending',
  "claimed" boolean not null default false,
  "changes" pg_catalog.text,
  "hash" pg_catalog.text,
  "changed" integer not null default 0,
  "code" pg_catalog.text,
  "operation" pg_catalog.text,
  "table_name" pg_catalog.text,
  "constraint_name" pg_catalog.text,
  "transient" boolean not null default false,
  "attempts" integer not null default 0,
  "at" timestamp with time zone,
  primary key ("rollout", "org")
) with (fillfactor = 50)`,
    `create index "rollout_tenant_place" on ${ROLLOUT_TENANTS} ("rollout", "place")`,
  ],
};

/** For those who may not create the schema: what their admin runs once, and what the role needs then. */
export function ledgerSql(role = YOUR_ROLE): string {
  const grantee = granteeSql(role);
  return [
    OWN_SCHEMA,
    ...Object.values(LEDGER_TABLES).flat(),
    `grant usage on schema "tenant_ddl" to ${grantee}`,
    `grant select, insert, update on ${ROLLOUTS}, ${ROLLOUT_TENANTS} to ${grantee}`,
  ]
    .map((statement) => `${statement};`)
    .join('\n');
}
