import { MigrationError } from '../errors';
import type { Subject } from '../plan/subject';
import { unmetIn } from '../run/failures/cause';
import { factsQuery } from '../run/failures/facts';
import { explainedError } from '../run/failures/message';
import type { Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ } from '../sql/qualified-sql';
import type { OnlineSession } from './online-session';
import { rowsOf } from '../run/wire/send';

/** The table that a change is about. */
export interface TableFacts {
  readonly oid: string;
  /** pg_class.relkind. */
  readonly kind: string;
  /** Has partitions or children, or is one. */
  readonly inherits: string;
}

/** By its schema and name; undefined where there is none. */
export async function readTable({ ask, org, table }: OnlineSession): Promise<TableFacts | undefined> {
  return rowsOf<TableFacts>(await ask(tableQuery(org, table)))[0];
}

function tableQuery(org: Identifier, table: Identifier): string {
  return `select c.oid::pg_catalog.text as oid, c.relkind::pg_catalog.text as kind,
  (exists (select from pg_catalog.pg_inherits i where i.inhparent ${EQ} c.oid)
    or exists (select from pg_catalog.pg_inherits i where i.inhrelid ${EQ} c.oid))::pg_catalog.text as inherits
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
where n.nspname ${EQ} ${literal(org)} and c.relname ${EQ} ${literal(table)}`;
}

/**
 * Refuses what the change does not go together with, as the plain change would.
 *
 * @throws MigrationError MODEL_NOT_FOUND, FIELD_NOT_FOUND, INDEX_EXISTS, …
 */
export async function refuseUnmet({ ask, org }: OnlineSession, subject: Subject): Promise<void> {
  const unmet = unmetIn(org, [subject], await ask(factsQuery([subject])));
  if (unmet !== undefined) throw explainedError(undefined, { ...unmet, subject });
}

/** What PostgreSQL has no CONCURRENTLY for, or does for each part by itself. */
export function refuseDivided(org: Identifier, table: Identifier, { kind, inherits }: TableFacts): void {
  if (kind === 'r' && inherits === 'false') return;
  throw new MigrationError(
    `"${org}"."${table}" is partitioned or part of an inheritance tree, which cannot be changed online. Nothing was changed. Change it with applyChange, at a time when it may be locked.`,
    { code: 'UNSUPPORTED_DATABASE', org, table },
  );
}
