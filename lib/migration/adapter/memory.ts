import type { Knex } from 'knex';
import { joined } from './batch';
import type { Work } from './work';
import { explainedInMemory } from './explain';
import { isBlock } from '../guard';
import type { Identifier } from '../identifier';
import type { Settings } from '../options';
import { send, type Answer } from './send';

/**
 * pg-mem: the statements alone. It knows neither savepoints, nor advisory locks, nor transaction ids, and
 * has no timeouts; what a change does to the tables is the same.
 */
export async function inMemory(
  { org, statements, subjects }: Work,
  db: Knex,
  _settings: Settings,
): Promise<readonly Answer[]> {
  const known = statements.filter((statement) => !isBlock(statement));
  try {
    return await send(db, joined(known));
  } catch (error) {
    throw explainedInMemory(error, org, subjects);
  }
}

/** What `search_path` does on a server: tables without a schema are the org's. */
export function defaultToSchema(db: Knex, org: Identifier): void {
  const client = db.client as { queryBuilder: () => Knex.QueryBuilder };
  const queryBuilder = client.queryBuilder.bind(client);
  client.queryBuilder = () => queryBuilder().withSchema(org);
}
