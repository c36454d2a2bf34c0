// What holds for every spec and every string. A red run tells its seed and path, to be run again with
// fc.assert(…, { seed, path }).
import * as fc from '../support/fast-check';
import type { Knex } from 'knex';
import {
  addFieldToModel,
  addKey,
  createModel,
  createTenant,
  dropFieldFromModel,
  dropKey,
  MigrationError,
  renameTenant,
  type FieldSpec,
  type ModelSpec,
} from '../../lib';
import { anyString, fieldWithoutName, model, name } from '../support/arbitraries';
import { columnsOf, readTable, tablesOf } from '../support/catalog';
import { expectedDefault, insertedDefaults } from '../support/defaults';
import { expectedColumn, expectedShape, shapeOf } from '../support/expected-table';
import { countedConnect } from '../support/round-trips';
import { tenantTest } from '../support/tenant-test';

const { db, sent } = countedConnect();
const { org, options } = tenantTest({}, db);

/** Runs in a transaction that is undone: a run leaves nothing for the next one. */
async function undone(work: (trx: Knex) => Promise<void>): Promise<void> {
  const trx = await db.transaction();
  try {
    await work(trx);
  } finally {
    await trx.rollback();
  }
}

beforeEach(async () => {
  await createModel(org, { table: 'sentinel', fields: [{ name: 'id', type: 'Int' }] }, db, options);
});

async function expectModel(trx: Knex, schema: string, spec: ModelSpec): Promise<void> {
  expect(shapeOf(await readTable(trx, schema, spec.table))).toEqual(expectedShape(spec));
}

async function expectDefaults(trx: Knex, schema: string, { table, fields }: ModelSpec): Promise<void> {
  const expected = fields.map((field) => [field.name, expectedDefault(field)]);
  expect(await insertedDefaults(trx, schema, table, fields)).toEqual(Object.fromEntries(expected));
}

it('what createModel creates reads back from the catalog as the spec, and every default from a row', async () => {
  await fc.assert(
    fc.asyncProperty(model, (spec) =>
      undone(async (trx) => {
        await createModel(org, spec, trx, options);
        await expectModel(trx, org, spec);
        await expectDefaults(trx, org, spec);
      }),
    ),
    { numRuns: 150 },
  );
}, 60_000);

it('what addFieldToModel adds reads back as the field, and what dropFieldFromModel drops is gone', async () => {
  await fc.assert(
    fc.asyncProperty(name, fieldWithoutName, (column, spec) =>
      undone(async (trx) => {
        const field = { name: column, ...spec } as FieldSpec;
        const target = { table: 'm', fields: [] };
        await createModel(org, target, trx, options);
        await addFieldToModel(org, 'm', field, trx, options);
        await expectModel(trx, org, { table: 'm', fields: [{ ...field, primaryKey: false }] });
        expect((await readTable(trx, org, 'm'))?.columns.map(({ default: _, ...shape }) => shape)).toEqual([
          (({ hasDefault: _, ...shape }) => shape)(expectedColumn(field)),
        ]);
        await expectDefaults(trx, org, { table: 'm', fields: [field] });
        await dropFieldFromModel(org, 'm', column, trx, options);
        await expectModel(trx, org, target);
      }),
    ),
    { numRuns: 150 },
  );
}, 60_000);

/** Each takes a string to one place. The models are created in their order; the last one holds it. */
const PLACES: Record<string, (given: string, org: string) => readonly unknown[]> = {
  table: (given) => [{ table: given, fields: [] }],
  field: (given) => [{ table: 'm', fields: [{ name: given, type: 'Int' }] }],
  'unique field': (given) => [{ table: 'm', fields: [{ name: given, type: 'Enum', values: ['a'], unique: true }] }],
  type: (given) => [{ table: 'm', fields: [{ name: 'a', type: given }] }],
  length: (given) => [{ table: 'm', fields: [{ name: 'a', type: 'String', length: given }] }],
  identity: (given) => [{ table: 'm', fields: [{ name: 'a', type: 'Int', identity: given }] }],
  'an identity': (given) => [{ table: 'm', fields: [{ name: given, type: 'Int', identity: true }] }],
  'an option': (given) => [{ table: 'm', fields: [{ name: 'a', type: 'Int', [given]: given }] }],
  'a part of the model': (given) => [{ table: 'm', fields: [], [given]: given }],
  comment: (given) => [{ table: 'm', fields: [], comment: given }],
  "a field's comment": (given) => [{ table: 'm', fields: [{ name: 'a', type: 'Int', comment: given }] }],
  'a value of an Enum': (given) => [
    { table: 'm', fields: [{ name: 'a', type: 'Enum', values: [given], default: given }] },
  ],
  array: (given) => [{ table: 'm', fields: [{ name: 'a', type: 'Text', array: given }] }],
  'an array': (given) => [{ table: 'm', fields: [{ name: given, type: 'Text', array: true, default: [] }] }],
  'a value of an array of an Enum': (given) => [
    { table: 'm', fields: [{ name: given, type: 'Enum', values: [given], array: true, default: [given, given] }] },
  ],
  'index name': (given) => [
    { table: 'm', fields: [{ name: 'a', type: 'Int' }], indexes: [{ columns: ['a'], name: given }] },
  ],
  'index column': (given) => [
    { table: 'm', fields: [{ name: given, type: 'Int' }], indexes: [{ columns: [given], unique: true, name: 'i' }] },
  ],
  'a column of an index, with options': (given) => [
    {
      table: 'm',
      fields: [{ name: given, type: 'Text' }],
      indexes: [
        {
          columns: [{ column: given, lower: true, order: 'desc', operatorClass: 'text_pattern_ops' }],
          include: [given],
          where: [{ column: given, is: 'not null' }],
        },
      ],
    },
  ],
  ...Object.fromEntries(
    (['order', 'nulls', 'lower'] as const).map((option) => [
      `${option} of an index`,
      (given: string) => [
        {
          table: 'm',
          fields: [{ name: 'a', type: 'Text' }],
          indexes: [{ columns: [{ column: 'a', [option]: given }] }],
        },
      ],
    ]),
  ),
  'method of an index': (given) => [
    { table: 'm', fields: [{ name: 'a', type: 'Int' }], indexes: [{ columns: ['a'], method: given }] },
  ],
  'what an index is where': (given) => [
    {
      table: 'm',
      fields: [{ name: 'a', type: 'Int' }],
      indexes: [{ columns: ['a'], where: [{ column: 'a', is: given }] }],
    },
  ],
  'a value of a condition of an index': (given) => [
    {
      table: 'm',
      fields: [{ name: 'a', type: 'Text' }],
      indexes: [{ columns: ['a'], where: [{ column: 'a', equals: given }] }],
    },
  ],
  'referenced table': (given, org) => [
    { table: given, fields: [{ name: 'id', type: 'Int' }] },
    { table: 'm', fields: [{ name: 'a', type: 'Int', references: reference(org, { table: given }) }] },
  ],
  'referenced column': (given, org) => [
    { table: 't', fields: [{ name: given, type: 'Int', primaryKey: true }] },
    { table: 'm', fields: [{ name: 'a', type: 'Int', references: reference(org, { column: given }) }] },
  ],
  'columns of a foreign key': (given, org) => [
    { table: 't', fields: [{ name: given, type: 'Int', primaryKey: true }] },
    {
      table: 'm',
      fields: [{ name: given, type: 'Int' }],
      foreignKeys: [
        { columns: [given], references: { schema: org, table: 't', columns: [given], onDelete: 'SET NULL' } },
      ],
    },
  ],
  'referenced schema': (given, org) => [
    { table: 'm', fields: [{ name: 'a', type: 'Int', references: reference(org, { schema: given }) }] },
  ],
  'on delete': (given, org) => [
    { table: 'm', fields: [{ name: 'a', type: 'Int', references: reference(org, { onDelete: given }) }] },
  ],
  ...Object.fromEntries(
    (['String', 'Text', 'Json', 'Int', 'BigInt', 'Float', 'Decimal', 'Boolean'] as const)
      .concat(['DateTime', 'Date', 'Time', 'Uuid', 'Bytes'] as never)
      .flatMap((type) => [
        [`default of ${type}`, (given: string) => [{ table: 'm', fields: [{ name: 'a', type, default: given }] }]],
        [
          `default of an array of ${type}`,
          (given: string) => [{ table: 'm', fields: [{ name: 'a', type, array: true, default: [given, given] }] }],
        ],
      ]),
  ),
  'default of Json, as a key': (given) => [
    { table: 'm', fields: [{ name: 'a', type: 'Json', default: Object.fromEntries([[given, given]]) }] },
  ],
  'default of Bytes, as base64': (given) => [
    { table: 'm', fields: [{ name: 'a', type: 'Bytes', default: { base64: given } }] },
  ],
  'default of DateTime, as a function': (given) => [
    { table: 'm', fields: [{ name: 'a', type: 'DateTime', default: { fn: given } }] },
  ],
};

function reference(org: string, part: object): object {
  return { schema: org, table: 't', column: 'id', onDelete: 'CASCADE', ...part };
}

/** True where it was done; false where it was refused with nothing sent. Anything else is an error. */
async function doneOrRefused(work: () => Promise<unknown>): Promise<boolean> {
  const before = sent.length;
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    expect(error.code).toMatch(/^(INVALID_SPEC|INVALID_IDENTIFIER|CROSS_TENANT_REFERENCE)$/);
    expect(sent.slice(before)).toEqual([]);
    return false;
  }
}

it('a string in a spec becomes exactly that name or value, or is refused before any SQL', async () => {
  const outcomes: Record<string, { done: number; refused: number }> = {};
  // Chance may leave a place without a name that passes, or without one that does not.
  const certain = Object.keys(PLACES).flatMap((place): [string, string][] => [
    [place, 'plain_name'],
    [place, 'two words'],
  ]);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(PLACES)), anyString, (place, given) =>
      undone(async (trx) => {
        const specs = (PLACES[place]?.(given, org) ?? []) as readonly ModelSpec[];
        const outcome = (outcomes[place] ??= { done: 0, refused: 0 });
        const created: string[] = [];
        for (const spec of specs) {
          if (!(await doneOrRefused(() => createModel(org, spec, trx, options)))) {
            outcome.refused += 1;
            break;
          }
          created.push(spec.table);
          await expectModel(trx, org, spec);
          if (spec === specs.at(-1)) outcome.done += 1;
        }
        expect(await tablesOf(trx, org)).toEqual(['sentinel', ...created].sort());
        const last = specs.at(-1);
        const [field] = last?.fields ?? [];
        if (last !== undefined && created.includes(last.table) && field !== undefined && field.name !== 'id') {
          await expectDefaults(trx, org, last);
        }
      }),
    ),
    { numRuns: 800 + certain.length, examples: certain },
  );
  // Places that refuse all, or take all, would be no test of the other half.
  const names = ['table', 'field', 'index name', 'referenced table', 'referenced column'].map(
    (place) => outcomes[place],
  );
  expect(names.filter((outcome) => (outcome?.done ?? 0) > 0 && (outcome?.refused ?? 0) > 0)).toHaveLength(names.length);
}, 60_000);

/** Of a name without a schema, only PostgreSQL's own are taken; of the others, only the server knows whether they exist. */
const CLASSES: Record<string, (given: string) => string> = {
  'an operator class': (given) => given,
  'a schema of an operator class': (given) => `${given}.int4_ops`,
  'an operator class of a shared schema': (given) => `public.${given}`,
};

it('a string as an operator class is a fault of the spec, before any SQL or by the word of the server', async () => {
  const outcomes = { faults: 0, refusedByServer: 0 };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(CLASSES)), anyString, (place, given) =>
      undone(async (trx) => {
        const columns = [{ column: 'a', operatorClass: CLASSES[place]?.(given) ?? '' }];
        const spec: ModelSpec = { table: 'm', fields: [{ name: 'a', type: 'Int' }], indexes: [{ columns }] };
        const before = sent.length;
        const error: unknown = await createModel(org, spec, trx, options).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(MigrationError);
        const { code, message } = error as MigrationError;
        if (sent.length === before) {
          expect(code).toMatch(/^(INVALID_SPEC|INVALID_IDENTIFIER|CROSS_TENANT_REFERENCE)$/);
          outcomes.faults += 1;
        } else {
          expect(code).toBe('INVALID_SPEC');
          expect(message).toMatch(/^An index names an operator class .*Nothing was changed\.$/s);
          outcomes.refusedByServer += 1;
        }
      }),
    ),
    { numRuns: 200, examples: [['an operator class', 'public.unknown']] },
  );
  expect(Math.min(outcomes.faults, outcomes.refusedByServer)).toBeGreaterThan(0);
}, 60_000);

it('a string as an org, a table or a field of addField and dropField is that name, or is refused before any SQL', async () => {
  await fc.assert(
    fc.asyncProperty(anyString, (given) =>
      undone(async (trx) => {
        const spec: ModelSpec = { table: 'm', fields: [{ name: 'a', type: 'Int' }] };
        if (await doneOrRefused(() => createTenant(given, trx, options))) {
          await createModel(given, spec, trx, options);
          expect(await tablesOf(trx, given)).toEqual(['m']);
        } else {
          expect(await doneOrRefused(() => createModel(given, spec, trx, options))).toBe(false);
        }
        await createModel(org, spec, trx, options);
        const field: FieldSpec = { name: given, type: 'Int', unique: true };
        if (given !== 'a' && (await doneOrRefused(() => addFieldToModel(org, 'm', field, trx, options)))) {
          expect(await columnsOf(trx, org, 'm')).toEqual(['a', given]);
          await dropFieldFromModel(org, 'm', given, trx, options);
        } else if (given !== 'a') {
          expect(await doneOrRefused(() => dropFieldFromModel(org, 'm', given, trx, options))).toBe(false);
        }
        expect(await columnsOf(trx, org, 'm')).toEqual(['a']);
        if (given !== 'm' && given !== 'sentinel') {
          if (await doneOrRefused(() => createModel(org, { ...spec, table: given }, trx, options))) {
            await addFieldToModel(org, given, { name: 'b', type: 'Int' }, trx, options);
            await dropFieldFromModel(org, given, 'a', trx, options);
            expect(await columnsOf(trx, org, given)).toEqual(['b']);
          }
        }
        expect(await tablesOf(trx, org)).toEqual(expect.arrayContaining(['m', 'sentinel']));
      }),
    ),
    { numRuns: 150 },
  );
}, 60_000);

it('a string as the new name of a tenant, or as a column of a key, is that name, or is refused before any SQL', async () => {
  const outcomes = { renamed: 0, keyed: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(anyString, (given) =>
      undone(async (trx) => {
        const renamed = await doneOrRefused(() => renameTenant(org, given, trx, options));
        const home = renamed ? given : org;
        expect(await tablesOf(trx, home)).toEqual(['sentinel']);
        const keyless: ModelSpec = { table: 'm', fields: [{ name: given, type: 'Int', primaryKey: false }] };
        if (await doneOrRefused(() => createModel(home, keyless, trx, options))) {
          await addKey(home, 'm', [given], trx, options);
          await expectModel(trx, home, { table: 'm', fields: [{ name: given, type: 'Int', primaryKey: true }] });
          await dropKey(home, 'm', trx, options);
          outcomes.keyed += 1;
        } else {
          expect(await doneOrRefused(() => addKey(home, 'sentinel', [given], trx, options))).toBe(false);
          outcomes.refused += 1;
        }
        if (renamed) outcomes.renamed += 1;
      }),
    ),
    { numRuns: 100, examples: [['plain_name'], ['two words']] },
  );
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(0);
}, 60_000);
