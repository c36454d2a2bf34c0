// The models of real products, created one by one and compared with the catalog to the last key.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addFieldToModel, createModel, createTenant, type ModelSpec } from '../../lib';
import { readTable, tablesOf, type CatalogTable } from '../support/catalog';
import { inCreationOrder, type CreationOrder } from '../support/creation-order';
import { defaultValues, expectedDefault } from '../support/defaults';
import { expectedShape, shapeOf } from '../support/expected-table';
import { quiet } from '../support/log';
import { connect, freshOrg } from '../support/postgres';

const root = join(__dirname, '..', '..');
const LANGFUSE = join(root, '..', 'shared', 'models', 'langfuse.json');
const EXAMPLES = join(root, 'examples', 'models');

const db = connect();
const options = { logger: quiet };

/** The models of a file, with the org that its references name replaced. */
function modelsOf(file: string, org: string): ModelSpec[] {
  const text = readFileSync(file, 'utf8').replaceAll('"acme-corp"', JSON.stringify(org));
  return JSON.parse(text) as ModelSpec[];
}

async function expectCreated(file: string): Promise<{ org: string; given: ModelSpec[]; order: CreationOrder }> {
  const org = freshOrg();
  await createTenant(org, db, options);
  const given = modelsOf(file, org);
  const order = inCreationOrder(given);
  for (const model of order.models) await createModel(org, model, db, options);
  for (const { table, field } of order.later) await addFieldToModel(org, table, field, db, options);

  expect(await tablesOf(db, org)).toEqual(given.map(({ table }) => table).sort());
  for (const model of given) {
    const read = await readTable(db, org, model.table);
    const postponed = order.later.filter(({ table }) => table === model.table).map(({ field }) => field);
    const fields = [...model.fields.filter((field) => !postponed.includes(field)), ...postponed];
    expect({ [model.table]: shapeOf(read) }).toEqual({ [model.table]: expectedShape({ ...model, fields }) });
    await expectDefaults(model, read);
  }
  return { org, given, order };
}

/** A row of defaults alone would lack what is not nullable: the server evaluates the expressions instead. */
async function expectDefaults({ table, fields }: ModelSpec, read: CatalogTable | undefined): Promise<void> {
  const values = await defaultValues(db, fields, read?.columns ?? []);
  const expected = fields.map((field) => [field.name, expectedDefault(field)]);
  expect({ [table]: values }).toEqual({ [table]: Object.fromEntries(expected) });
}

const whereThere = existsSync(LANGFUSE) ? it : it.skip;

whereThere(
  'creates the 71 models of Langfuse, each with all that it says',
  async () => {
    const { org, given, order } = await expectCreated(LANGFUSE);
    const fields = given.flatMap((model) => model.fields);
    expect(given).toHaveLength(71);
    expect(fields).toHaveLength(736);
    expect(fields.filter(({ references }) => references)).toHaveLength(102);
    expect(order.later).toHaveLength(1);
    const { rows } = await db.raw(
      `select count(*)::int as keys from pg_constraint where contype = 'f' and connamespace = to_regnamespace(quote_ident(?))`,
      [org],
    );
    expect(rows).toEqual([{ keys: 102 + 6 }]);
  },
  60_000,
);

const examples = existsSync(EXAMPLES) ? readdirSync(EXAMPLES).filter((name) => name.endsWith('.json')) : [];

it('finds the models that are shipped as an example', () => {
  expect(examples).not.toEqual([]);
});

if (examples.length > 0) {
  it.each(examples)(
    'creates the models of examples/models/%s, each with all that it says',
    async (name) => {
      await expectCreated(join(EXAMPLES, name));
    },
    60_000,
  );
}
