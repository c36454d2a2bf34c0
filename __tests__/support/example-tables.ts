// The tables that the examples of the operations are about, on a server.
import type { Knex } from 'knex';
import { EXAMPLE_MODELS, ORG, ROWS, SHARED, SHARED_MODEL } from '../../docs/examples';
import { createModel, createModels, createTenant } from '../../lib';
import { quiet } from './log';
import { freshOrg } from './postgres';

/** Schemas of a test that stand in for those of the examples. */
export interface ExampleSchemas {
  readonly org: string;
  readonly shared: string;
}

/** The same with the names of schemas that a test can have for its own. */
export function inSchemas<T>(example: T, { org, shared }: ExampleSchemas): T {
  const names: Readonly<Record<string, string>> = { [ORG]: org, [SHARED]: shared };
  const text = JSON.stringify(example, (key, value: unknown) =>
    key === 'schema' && typeof value === 'string' ? (names[value] ?? value) : value,
  );
  return JSON.parse(text) as T;
}

/** Creates the tables of the examples in schemas of their own, with their rows. */
export async function exampleTables(db: Knex): Promise<ExampleSchemas> {
  const schemas = { org: freshOrg(), shared: freshOrg('shared') };
  const { org, shared } = schemas;
  const options = { logger: quiet, sharedSchemas: [shared] };
  await createTenant(org, db, options);
  // Those who make the shared schema do so as for any other.
  await createTenant(shared, db, { logger: quiet });
  await createModels(org, inSchemas(EXAMPLE_MODELS, schemas), db, options);
  await createModel(shared, SHARED_MODEL, db, { logger: quiet });
  await db.raw(`
    insert into "${shared}".currency values ('EUR'), ('JPY'), ('USD');
    insert into "${org}".customer select generate_series(1, ${ROWS});
    insert into "${org}".invoice
      select n, n, 'c' || n, 'title ' || n, 'note', n, n, case n % 2 when 0 then 'draft' else 'sent' end, now()
      from generate_series(1, ${ROWS}) n;
    insert into "${org}".reading select n, n, now() from generate_series(1, ${ROWS}) n;
    insert into "${org}".line select n, 1 from generate_series(1, ${ROWS}) n;
    analyze "${shared}".currency, "${org}".customer, "${org}".invoice, "${org}".line, "${org}".reading, "${org}".setting`);
  return schemas;
}
