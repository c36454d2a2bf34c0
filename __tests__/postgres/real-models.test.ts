// The models of real products, created one by one and compared with the catalog to the last key.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addFieldToModel, createModel, createTenant, type FieldSpec, type ModelSpec } from '../../lib';
import { readTable, tablesOf, type CatalogTable } from '../support/catalog';
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

interface Order {
  readonly models: readonly ModelSpec[];
  /** Fields left out of a model, since they refer to one that comes after it. */
  readonly later: readonly { readonly table: string; readonly field: FieldSpec }[];
}

/** A referenced model before those that refer to it; where they refer to each other, one field comes later. */
function sorted(given: readonly ModelSpec[]): Order {
  const models: ModelSpec[] = [];
  const later: { table: string; field: FieldSpec }[] = [];
  const waiting = new Map(given.map((model) => [model.table, model]));
  while (waiting.size > 0) {
    const ready = [...waiting.values()].find((model) => missing(model, waiting).length === 0);
    if (ready !== undefined) {
      models.push(ready);
      waiting.delete(ready.table);
      continue;
    }
    // A circle: a model that waits only for fields that can come later is enough.
    const model = [...waiting.values()].find((candidate) =>
      missing(candidate, waiting).every(({ field }) => canComeLater(candidate, field)),
    );
    if (model === undefined) throw new Error('A circle of fields that can not come later.');
    const fields = missing(model, waiting).flatMap(({ field }) => field ?? []);
    later.push(...fields.map((field) => ({ table: model.table, field })));
    waiting.set(model.table, { ...model, fields: model.fields.filter((field) => !fields.includes(field)) });
  }
  return { models, later };
}

function canComeLater({ indexes = [] }: ModelSpec, field: FieldSpec | undefined): boolean {
  if (field === undefined || field.nullable === false) return false;
  return indexes.every(({ columns }) => !columns.includes(field.name));
}

/** What a model refers to that is still waiting, and the field that does; a key of several columns has none. */
function missing(model: ModelSpec, waiting: ReadonlyMap<string, unknown>): { field: FieldSpec | undefined }[] {
  const keys = [
    ...model.fields.map((field) => ({ field, target: field.references?.table })),
    ...(model.foreignKeys ?? []).map(({ references }) => ({ field: undefined, target: references.table })),
  ];
  return keys.filter(({ target }) => target !== undefined && target !== model.table && waiting.has(target));
}

async function expectCreated(file: string): Promise<{ org: string; given: ModelSpec[]; order: Order }> {
  const org = freshOrg();
  await createTenant(org, db, options);
  const given = modelsOf(file, org);
  const order = sorted(given);
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
