import type { Command } from 'commander';
import type { Knex } from 'knex';
import { collected } from './change-options';
import { RefusedError, UsageError } from './failures';
import { library } from './library';
import { reasonIn, rowsOf } from './own-query';

export interface OrgOptions {
  readonly org?: readonly string[];
  readonly orgsFrom?: string;
  readonly orgsLike?: readonly string[];
}

export function addOrgOptions(command: Command): Command {
  return command
    .option('--org <org>', 'a tenant; may be repeated', collected)
    .option('--orgs-like <pattern>', 'the tenants whose schema is LIKE this; may be repeated', collected)
    .option('--orgs-from <query>', 'the tenants that this SQL query gives, in its first column');
}

export function areNone({ org, orgsLike, orgsFrom }: OrgOptions): boolean {
  return org === undefined && orgsLike === undefined && orgsFrom === undefined;
}

export function refuseNoOrgs(options: OrgOptions): void {
  if (!areNone(options)) return;
  throw new UsageError('No tenant: give --org <org>, --orgs-like <pattern> or --orgs-from <query>.');
}

/** Whether the tenants are known without a database. */
export function areNamed({ orgsLike, orgsFrom }: OrgOptions): boolean {
  return orgsLike === undefined && orgsFrom === undefined;
}

/** The tenants, each once: first those that are named, then the others in the order in which the server gives them. */
export async function orgsOf(options: OrgOptions, db: Knex): Promise<readonly string[]> {
  refuseNoOrgs(options);
  const orgs = new Set(options.org);
  for (const pattern of options.orgsLike ?? []) {
    const found = await namesIn(db, LIKE, [pattern]);
    if (found.length === 0) throw new RefusedError(`No schema is like "${pattern}".`);
    for (const org of found) orgs.add(org);
  }
  if (options.orgsFrom !== undefined) {
    // knex would take a question mark for a parameter.
    const found = await namesIn(db, options.orgsFrom.replaceAll('?', '\\?'), []).catch(refuseQuery);
    if (found.length === 0) throw new RefusedError('The query of --orgs-from gives no rows.');
    for (const org of found) orgs.add(org);
  }
  return [...orgs];
}

/** The server's messages of this class are about the query itself; others hold values of rows. */
const ABOUT_QUERY = '42';

function refuseQuery(error: unknown): never {
  const { code = '', message = '' } = error as { readonly code?: string; readonly message?: string };
  if (error instanceof library().MigrationError) throw error;
  const reason = code.startsWith(ABOUT_QUERY) ? `: ${reasonIn(message)}` : '';
  throw new RefusedError(`The query of --orgs-from failed with SQLSTATE ${code}${reason}.`);
}

/** knex's word for one. */
const PARAMETER = '?';

/** Schemas that cannot be tenants, and that of the ledger, are not asked for by a pattern such as `%`. */
const LIKE = `select n.nspname from pg_catalog.pg_namespace n
where n.nspname operator(pg_catalog.~~) ${PARAMETER}
  and n.nspname operator(pg_catalog.!~) '^(pg_|information_schema$|public$|tenant_ddl$)' order by n.nspname`;

/** The first column. */
async function namesIn(db: Knex, sql: string, bindings: readonly string[]): Promise<string[]> {
  const rows = await rowsOf(db, sql, bindings);
  return rows.map((row) => String(Object.values(row)[0]));
}
