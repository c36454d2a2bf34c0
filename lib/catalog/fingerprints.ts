import type { Knex } from 'knex';
import { fingerprint } from '../plan/difference/fingerprint';
import { inspectionOf } from './model-of';
import { readPages, type ServerOptions } from './pages';

/**
 * The fingerprint of every tenant of a server: `fingerprint` of what `inspectTenant` reads. Tenants with the same
 * fingerprint have the same tables. A tenant that is being changed is read as it was before the change.
 *
 * One query for each page of tenants, which reads only the catalogs.
 *
 * @param db the Knex of a server
 * @param options `orgs`, default all tenants; `pageSize` 250; `lockTimeoutMs` 900 and `statementTimeoutMs` 30000 in
 *   milliseconds, of each page; `retry`; `sharedSchemas`
 * @returns fingerprints by org; an org without a schema has none
 * @throws MigrationError INVALID_SPEC, LOCK_TIMEOUT, STATEMENT_TIMEOUT, CONNECTION_LOST, …; UNSUPPORTED_DATABASE on pg-mem
 * @example
 * const prints = await fingerprints(knex);
 * const others = [...prints].filter(([, print]) => print !== fingerprint(models)).map(([org]) => org);
 */
export async function fingerprints(db: Knex, options: ServerOptions = {}): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const { schemas } of readPages(db, options)) {
    // Schemas of one shape differ in their name alone, which no fingerprint depends on.
    const known = new Map<string, string>();
    for (const schema of schemas) {
      const print = known.get(schema.shape) ?? fingerprint(inspectionOf(schema));
      known.set(schema.shape, print);
      found.set(schema.name, print);
    }
  }
  return found;
}
