import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { ChangeOptions, Settings } from '../options/options';
import { settingsOf } from '../options/settings';
import { usableKnex } from '../run/usable-knex';
import type { SchemaFacts } from './facts';
import { readPageEnds, readSchemas } from './read-schemas';

/** Which tenants of a server to read. */
export interface ServerOptions extends ChangeOptions {
  /** The orgs to read, from any iterable. Default: every schema but PostgreSQL's own, `sharedSchemas` and `tenant_ddl`. */
  readonly orgs?: Iterable<string> | AsyncIterable<string> | undefined;
  /** How many schemas are read at once, each page in one query and one short transaction; up to three pages are read at the same time. Default 250. */
  readonly pageSize?: number | undefined;
}

const PAGE_SIZE = 250;
const MAX_PAGE_SIZE = 10_000;

/** Two cores of a server are busy with as many questions, and with a third one while an answer is read here. */
const AT_ONCE = 3;

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
 * no snapshot while the next one is waited for. Up to three are asked at the same time, where the
 * pool has connections for it.
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
  const pages = orgs === undefined ? pagesOfAll(db, settings, pageSize) : pagesOf(orgs, db, settings, pageSize);
  for await (const page of readAhead(pages, atOnce(db))) {
    if (page.schemas.length + page.gone.length > 0) yield page;
  }
}

/** A transaction has one connection. A page that waited for one of the pool would wait behind whole pages. */
function atOnce(db: Knex): number {
  if (db.isTransaction === true) return 1;
  const { pool } = db.client as { readonly pool?: { readonly max?: number } };
  return Math.min(AT_ONCE, pool?.max ?? AT_ONCE);
}

/** A page that is read when it is its turn. */
interface Read {
  readonly read: () => Promise<Page>;
  /** It has what was made meanwhile, so it is begun as late as can be. */
  readonly isLast?: true;
}

/** Reads pages in their order, some at the same time. */
async function* readAhead(reads: AsyncIterable<Read>, limit: number): AsyncGenerator<Page> {
  const begun: Promise<Page>[] = [];
  try {
    for await (const { read, isLast } of reads) {
      // In a transaction, whoever works on a page may need the connection. The last page has one other beside it.
      const isAhead = limit > 1 && isLast !== true;
      const most = isLast === true ? Math.min(limit, 2) : limit;
      while (!isAhead && begun.length >= most) yield await (begun.shift() as Promise<Page>);
      const page = begun.length < most ? undefined : await begun.shift();
      // The server reads the next one while somebody works on this one.
      begun.push(beginning(read));
      if (page !== undefined) yield page;
    }
    for (let page = begun.shift(); page !== undefined; page = begun.shift()) yield await page;
  } finally {
    // Nothing goes on once the iteration has ended, however it ends.
    await Promise.allSettled(begun);
  }
}

/** Its failure is thrown where it is awaited. */
function beginning(read: Read['read']): Promise<Page> {
  const page = read();
  page.catch(() => undefined);
  return page;
}

async function* pagesOfAll(db: Knex, settings: Settings, pageSize: number): AsyncGenerator<Read> {
  const except = [...settings.sharedSchemas, LEDGER];
  const read = async (after: string, upTo: string | undefined): Promise<Page> => ({
    schemas: await readSchemas({ after, upTo, except }, db, settings),
    gone: [],
  });
  let after = '0';
  for (const upTo of await readPageEnds(except, pageSize, db, settings)) {
    const begin = after;
    yield { read: () => read(begin, upTo) };
    after = upTo;
  }
  // With those that were made meanwhile.
  yield { read: () => read(after, undefined), isLast: true };
}

async function* pagesOf(
  orgs: Iterable<string> | AsyncIterable<string>,
  db: Knex,
  settings: Settings,
  limit: number,
): AsyncGenerator<Read> {
  const read = async (names: ReadonlySet<string>): Promise<Page> => {
    const schemas = await readSchemas({ orgs: [...names] }, db, settings);
    const found = new Set(schemas.map(({ name }) => name));
    return { schemas, gone: [...names].filter((name) => !found.has(name)) };
  };
  let names = new Set<string>();
  for await (const org of orgs) {
    names.add(org);
    if (names.size < limit) continue;
    const whole = names;
    yield { read: () => read(whole) };
    names = new Set();
  }
  if (names.size > 0) yield { read: () => read(names) };
}
