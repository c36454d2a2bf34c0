// Models that are created together: in one round trip, in any order, as if one by one.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from '../support/fast-check';
import type { Knex } from 'knex';
import {
  addFieldToModel,
  createModel,
  createModels,
  createTenant,
  planChanges,
  withTenant,
  type FieldSpec,
  type ModelSpec,
} from '../../lib';
import { readTable, tablesOf, type CatalogTable } from '../support/catalog';
import { inCreationOrder } from '../support/creation-order';
import { expectedShape, shapeOf } from '../support/expected-table';
import { quiet } from '../support/log';
import { freshOrg } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { countedConnect } from '../support/round-trips';

const LANGFUSE = join(__dirname, '..', '..', '..', 'shared', 'models', 'langfuse.json');

const { db, sent } = countedConnect();
const options = { logger: quiet };

async function tenant(prefix?: string): Promise<string> {
  const org = freshOrg(prefix);
  await createTenant(org, db, options);
  return org;
}

/** A table, with its columns in the order of their names: a field that comes later is the last. */
async function comparable(trx: Knex, org: string, table: string): Promise<CatalogTable> {
  const read = await readTable(trx, org, table);
  const columns = [...(read?.columns ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  return JSON.parse(JSON.stringify({ ...read, columns }).replaceAll(`"${org}"`, '"acme-corp"')) as CatalogTable;
}

const whereThere = existsSync(LANGFUSE) ? it : it.skip;

whereThere(
  'creates the 71 models of Langfuse in one round trip, the same as createModel one by one',
  async () => {
    const [org, other] = [await tenant(), await tenant('one-by-one')];
    const text = readFileSync(LANGFUSE, 'utf8');
    const modelsOf = (schema: string): ModelSpec[] =>
      JSON.parse(text.replaceAll('"acme-corp"', JSON.stringify(schema))) as ModelSpec[];
    await withTenant(
      org,
      db,
      async (trx) => {
        const before = sent.length;
        await createModels(org, modelsOf(org), trx, options);
        expect(sent).toHaveLength(before + 1);
      },
      options,
    );

    const order = inCreationOrder(modelsOf(other));
    await db.transaction(async (trx) => {
      for (const model of order.models) await createModel(other, model, trx, options);
      for (const { table, field } of order.later) await addFieldToModel(other, table, field, trx, options);
    });
    const tables = await tablesOf(db, org);
    expect(tables).toHaveLength(71);
    expect(await tablesOf(db, other)).toEqual(tables);
    for (const table of tables) {
      expect({ table, ...(await comparable(db, org, table)) }).toEqual({
        table,
        ...(await comparable(db, other, table)),
      });
    }
  },
  60_000,
);

const id: FieldSpec = { name: 'id', type: 'Int' };

function refersTo(org: string, table: string, name = `${table}_id`): FieldSpec {
  return { name, type: 'Int', references: { schema: org, table, column: 'id', onDelete: 'CASCADE' } };
}

/** Each refers to another in a circle of three, to itself, and to a key of two columns further down. */
function circle(org: string): ModelSpec[] {
  return [
    { table: 'a', fields: [id, refersTo(org, 'b'), refersTo(org, 'a', 'parent')], indexes: [{ columns: ['b_id'] }] },
    { table: 'b', fields: [id, refersTo(org, 'c'), refersTo(org, 'a')] },
    {
      table: 'c',
      fields: [id, { name: 'x', type: 'Int' }, { name: 'y', type: 'Int' }, refersTo(org, 'a')],
      foreignKeys: [
        { columns: ['x', 'y'], references: { schema: org, table: 'd', columns: ['x', 'y'], onDelete: 'SET NULL' } },
      ],
    },
    {
      table: 'd',
      fields: [
        { name: 'x', type: 'Int', primaryKey: true },
        { name: 'y', type: 'Int', primaryKey: true },
        { name: 'before_x', type: 'Int' },
        { name: 'before_y', type: 'Int' },
      ],
      foreignKeys: [
        {
          columns: ['before_x', 'before_y'],
          references: { schema: org, table: 'd', columns: ['x', 'y'], onDelete: 'RESTRICT' },
        },
      ],
    },
  ];
}

it('creates models whose references go in circles and to themselves, in any order', async () => {
  const org = await tenant();
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), async (order) => {
      const models = circle(org);
      const trx = await db.transaction();
      try {
        await createModels(
          org,
          order.flatMap((at) => models[at] ?? []),
          trx,
          options,
        );
        for (const model of models) {
          expect(shapeOf(await readTable(trx, org, model.table))).toEqual(expectedShape(model));
        }
      } finally {
        await trx.rollback();
      }
    }),
    { numRuns: 24 },
  );
});

it('locks only what was there before, and in the same order for everybody', () => {
  const refers = (...tables: string[]): ModelSpec => ({
    table: 'mine',
    fields: [id, ...tables.map((table) => refersTo('acme-corp', table))],
  });
  const locked = (...models: ModelSpec[]): string[] =>
    planChanges(
      'acme-corp',
      models.map((model) => ({ kind: 'createModel', ...model })),
    ).steps.flatMap(({ locks }) => locks.map(({ table }) => table));
  expect(locked(refers('there', 'mine', 'here'))).toEqual(['here', 'there']);
  expect(locked(refers('here', 'there'), { ...refers('there', 'here'), table: 'other' })).toEqual([
    'here',
    'here',
    'there',
    'there',
  ]);
});

it('gives the result of one change for each model', async () => {
  const org = await tenant();
  const result = await createModels(org, circle(org), db, options);
  expect(result).toMatchObject({
    org,
    attempts: 1,
    changes: circle(org).map((model) => ({ kind: 'createModel', ...model })),
  });
  expect(result.statements).toEqual(planChanges(org, result.changes).steps.map(({ sql }) => sql));
});

it('creates nothing for an empty list', async () => {
  const org = await tenant();
  expect(await createModels(org, [], db, options)).toMatchObject({ changes: [], statements: [] });
  expect(await tablesOf(db, org)).toEqual([]);
});

describe('a list with one that fails', () => {
  it.each<[string, (org: string) => ModelSpec, object]>([
    ['a model that is there', () => ({ table: 'there', fields: [id] }), { code: 'MODEL_EXISTS', table: 'there' }],
    ['a name twice', () => ({ table: 'a', fields: [id] }), { code: 'MODEL_EXISTS', table: 'a' }],
    [
      'a reference to nowhere',
      (org) => ({ table: 'x', fields: [id, refersTo(org, 'nowhere')] }),
      { code: 'REFERENCE_NOT_FOUND', table: 'x' },
    ],
    [
      'a reference to a column without a key',
      (org) => ({
        table: 'x',
        fields: [{ ...refersTo(org, 'c'), references: { schema: org, table: 'c', column: 'x', onDelete: 'CASCADE' } }],
      }),
      { code: 'REFERENCE_NOT_FOUND' },
    ],
    [
      'a reference of another type',
      (org) => ({ table: 'x', fields: [{ ...refersTo(org, 'a'), type: 'Uuid' } as FieldSpec] }),
      { sqlState: '42804' },
    ],
  ])('creates none of them: %s', async (_title, failing, expected) => {
    const org = await tenant();
    await createModel(org, { table: 'there', fields: [id] }, db, options);
    const models = [...circle(org), failing(org)];
    expect(await migrationError(createModels(org, models, db, options))).toMatchObject({ org, ...expected });
    expect(await tablesOf(db, org)).toEqual(['there']);
    await db.transaction(async (trx) => {
      expect(await migrationError(createModels(org, models, trx, options))).toMatchObject(expected);
      await createModels(org, circle(org), trx, options);
    });
    expect(await tablesOf(db, org)).toEqual(['a', 'b', 'c', 'd', 'there']);
  });

  it('sends nothing for a spec that is wrong, and says which', async () => {
    const org = await tenant();
    const before = sent.length;
    const wrong = { table: 'x', fields: [{ name: 'f', type: 'Strin' }] } as unknown as ModelSpec;
    const error = await migrationError(createModels(org, [...circle(org), wrong], db, options));
    expect(error).toMatchObject({ code: 'INVALID_SPEC', table: 'x' });
    expect(sent).toHaveLength(before);
  });
});
