import type { Knex } from 'knex';
import { quoted, type Identifier } from '../sql/identifier';
import { rendered } from './render';

/** The most characters that are cached, including keys: at most two megabytes of heap. */
const MAX_CHARACTERS = 500_000;

/** A long default of one tenant must not evict what all others use. */
const MAX_ENTRY_CHARACTERS = MAX_CHARACTERS / 20;

/** The overhead of an entry, in characters. */
const OVERHEAD_CHARACTERS = 300;

/** Stands for the org in cached texts: no name and no text of PostgreSQL can contain this character. */
const ANY_ORG = '\0' as Identifier;

/** What was cached first is evicted first. */
const cache = new Map<string, readonly string[]>();
let characters = 0;

/**
 * `create table`, and its indexes, as knex renders them. Cached, since they are the same for each of ten thousand
 * tenants: rendering them costs more than a third of the client's time for a new tenant.
 *
 * @param of everything that the texts depend on, except for the org
 */
export function creation(
  org: Identifier,
  table: Identifier,
  of: readonly unknown[],
  build: (table: Knex.CreateTableBuilder) => void,
): readonly string[] {
  const key = JSON.stringify([table, of]);
  const known = cache.get(key);
  const texts = known ?? rendered(ANY_ORG, (schema) => schema.createTable(table, build));
  if (known === undefined) keep(key, texts);
  return texts.map((sql) => sql.replaceAll(quoted(ANY_ORG), () => quoted(org)));
}

function keep(key: string, texts: readonly string[]): void {
  const added = charactersOf(key, texts);
  if (added > MAX_ENTRY_CHARACTERS) return;
  cache.set(key, texts);
  characters += added;
  // A Map keeps insertion order.
  for (const [oldest, itsTexts] of cache) {
    if (characters <= MAX_CHARACTERS) return;
    cache.delete(oldest);
    characters -= charactersOf(oldest, itsTexts);
  }
}

function charactersOf(key: string, texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, key.length + OVERHEAD_CHARACTERS);
}
