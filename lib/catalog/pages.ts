import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { ChangeOptions, Settings } from '../options/options';
import { settingsOf } from '../options/settings';
import { usableKnex } from '../run/usable-knex';
import type { SchemaFacts } from './facts';
import { readSchemas } from './read-schemas';

/** Which tenants of a server to read. */
export interface ServerOptions extends ChangeOptions {
  /** The orgs to read, from any iterable. Default: every schema but PostgreSQL's own, `sharedSchemas` and `tenant_ddl`. */
  readonly orgs?: Iterable<string> | AsyncIterable<string> | undefined;
  /** How many schemas are read at once, each page in one query and one short transaction. Default 250. */
  readonly pageSize?: number | undefined;
}

const PAGE_SIZE = 250;
const MAX_PAGE_SIZE = 10_000;

/** Where a rollout keeps its ledger. */
const LEDGER = 'tenant_ddl';

/** Schemas that were read together. */
export interface Page {
  readonly schemas: readonly SchemaFacts[];
  /** Orgs that were asked for and have no schema. */
  readonly gone: readonly string[];
}

/**
 * Reads the tenants of a server, page by page. Each page is one question, whose cost is that of its schemas, and holds
 * no snapshot while the next one is waited for.
 *
 * @throws MigrationError INVALID_SPEC, UNSUPPORTED_DATABASE; what a page failed with, after its retries
 */
export async function* readPages(
  db: Knex,
  { orgs, pageSize = PAGE_SIZE, ...options }: ServerOptions,
): AsyncGenerator<Page> {
  const settings = settingsOf(options);
  usableKnex('', db, 'Reading all tenants of a server needs the Knex of that server');
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > MAX_PAGE_SIZE) {
    throw new MigrationError(`pageSize must be a whole number from 1 to ${MAX_PAGE_SIZE}.`, { code: 'INVALID_SPEC' });
  }
  yield* orgs === undefined ? pagesOfAll(db, settings, pageSize) : pagesOf(orgs, db, settings, pageSize);
}

async function* pagesOfAll(db: Knex, settings: Settings, limit: number): AsyncGenerator<Page> {
  const except = [...settings.sharedSchemas, LEDGER];
  for (let after: string | undefined = '0'; after !== undefined;) {
    const schemas: readonly SchemaFacts[] = await readSchemas({ after, limit, except }, db, settings);
    if (schemas.length > 0) yield { schemas, gone: [] };
    after = schemas.length < limit ? undefined : schemas.at(-1)?.oid;
  }
}

async function* pagesOf(
  orgs: Iterable<string> | AsyncIterable<string>,
  db: Knex,
  settings: Settings,
  limit: number,
): AsyncGenerator<Page> {
  const read = async (names: ReadonlySet<string>): Promise<Page> => {
    const schemas = await readSchemas({ orgs: [...names] }, db, settings);
    const found = new Set(schemas.map(({ name }) => name));
    return { schemas, gone: [...names].filter((name) => !found.has(name)) };
  };
  let names = new Set<string>();
  for await (const org of orgs) {
    names.add(org);
    if (names.size < limit) continue;
    yield await read(names);
    names = new Set();
  }
  if (names.size > 0) yield await read(names);
}
