// What is created is read back as the spec that it was created from.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from '../../support/fast-check';
import type { Knex } from 'knex';
import {
  addFieldToModel,
  createModel,
  createModels,
  diffModels,
  inspectModel,
  inspectTenant,
  withTenant,
  type ModelSpec,
} from '../../../lib';
import { memoryTenant } from '../../../lib/testing';
import { model } from '../../support/arbitraries';
import { EVERY_TYPE } from '../../support/type-samples';
import { normalSpec } from '../../support/expected-spec';
import { warm } from '../../support/round-trips';
import { tenantTest } from '../../support/tenant-test';

const root = join(__dirname, '..', '..', '..');
const { db, org, options } = tenantTest();

async function undone(work: (trx: Knex) => Promise<void>): Promise<void> {
  const trx = await db.transaction();
  try {
    await work(trx);
  } finally {
    await trx.rollback();
  }
}

it('reads back any model that createModel creates, with no extra', async () => {
  await fc.assert(
    fc.asyncProperty(model, (spec) =>
      undone(async (trx) => {
        await createModel(org, spec, trx, options);
        const { models, extras } = await inspectTenant(org, trx);
        expect(models.map(normalSpec)).toEqual([normalSpec(spec)]);
        expect(extras).toEqual([]);
        expect(await inspectModel(org, spec.table, trx)).toEqual({ org, model: models[0], extras: [] });
      }),
    ),
    { numRuns: 150 },
  );
}, 60_000);

it('gives specs that create the same again', async () => {
  await fc.assert(
    fc.asyncProperty(model, (spec) =>
      undone(async (trx) => {
        await createModel(org, spec, trx, options);
        const first = await inspectTenant(org, trx);
        await trx.raw('drop table ??.??', [org, spec.table]);
        await createModels(org, first.models, trx, options);
        expect(await inspectTenant(org, trx)).toEqual(first);
      }),
    ),
    { numRuns: 60 },
  );
}, 60_000);

it('reads every type with its default', async () => {
  const spec: ModelSpec = { table: 'every_type', fields: EVERY_TYPE };
  await createModel(org, spec, db, options);
  const { model: read, extras } = await inspectModel(org, 'every_type', db);
  expect(normalSpec(read)).toEqual(normalSpec(spec));
  expect(extras).toEqual([]);
});

const FILES = [
  join(root, '..', 'shared', 'models', 'langfuse.json'),
  ...readdirSync(join(root, 'examples', 'models')).map((name) => join(root, 'examples', 'models', name)),
];

describe.each(FILES.map((file) => [file.slice(root.length - 6), file]))('the models of %s', (_name, file) => {
  (existsSync(file) ? it : it.skip)(
    'read back as they are written',
    async () => {
      const given = JSON.parse(
        readFileSync(file, 'utf8').replaceAll('"acme-corp"', JSON.stringify(org)),
      ) as ModelSpec[];
      await createModels(org, given, db, options);
      const { models, extras } = await inspectTenant(org, db);
      const byTable = (list: readonly ModelSpec[]): unknown =>
        Object.fromEntries(list.map((each) => [each.table, normalSpec(each)]));
      expect(byTable(models)).toEqual(byTable(given));
      expect(extras).toEqual([]);
      expect(diffModels(given, models)).toEqual([]);
    },
    60_000,
  );
});

describe('in any session', () => {
  const SETTINGS: Record<string, string>[] = [
    { search_path: "''" },
    { search_path: 'ORG, public' },
    { search_path: 'public, ORG' },
    { DateStyle: 'German, DMY', IntervalStyle: 'sql_standard', TimeZone: 'Asia/Kolkata' },
    { DateStyle: 'SQL, MDY', TimeZone: 'America/St_Johns', bytea_output: 'escape', extra_float_digits: '-5' },
    { quote_all_identifiers: 'on', standard_conforming_strings: 'off' },
  ];

  it.each(SETTINGS)('reads the same under %j, and leaves it as it was', async (settings) => {
    const spec: ModelSpec = { table: 'every_type', fields: EVERY_TYPE };
    await createModels(org, [spec, { table: 'other', fields: [reference()] }], db, options);
    const expected = await inspectTenant(org, db);
    await db.transaction(async (trx) => {
      for (const [name, value] of Object.entries(settings)) {
        const shown = value.replace('ORG', `"${org}"`);
        await trx.raw(`set local ${name} = ${name === 'search_path' ? shown : `'${shown}'`}`);
      }
      const before = await shown(trx);
      expect(await inspectTenant(org, trx)).toEqual(expected);
      expect(await shown(trx)).toEqual(before);
    });
  });

  function reference() {
    return {
      name: 'to',
      type: 'Int',
      references: { schema: org, table: 'every_type_key', column: 'id', onDelete: 'CASCADE' },
    } as const;
  }

  beforeEach(async () => {
    await createModel(org, { table: 'every_type_key', fields: [{ name: 'id', type: 'Int' }] }, db, options);
  });

  async function shown(trx: Knex): Promise<unknown> {
    const { rows } = await trx.raw(
      `select name, setting from pg_settings where name in ('search_path', 'DateStyle', 'IntervalStyle', 'TimeZone', 'bytea_output',
        'extra_float_digits', 'quote_all_identifiers', 'standard_conforming_strings', 'lock_timeout', 'statement_timeout', 'jit', 'enable_memoize') order by 1`,
    );
    return rows;
  }
});

describe('where it reads', () => {
  const spec: ModelSpec = { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] };

  it('sees what its own transaction has made, and the transaction goes on', async () => {
    await withTenant(
      org,
      db,
      async (tenant) => {
        await createModel(org, spec, tenant, options);
        expect(await inspectTenant(org, tenant)).toEqual({ org, models: [spec], extras: [] });
        await addFieldToModel(org, 'invoice', { name: 'note', type: 'Text' }, tenant, options);
        expect((await inspectModel(org, 'invoice', tenant)).model.fields).toHaveLength(2);
      },
      options,
    );
    expect((await inspectModel(org, 'invoice', db)).model.fields).toHaveLength(2);
  });

  it('takes one round trip, on a Knex and inside a transaction', async () => {
    await createModel(org, spec, db, options);
    const { db: counted, sent } = await warm();
    await inspectTenant(org, counted);
    expect(sent).toEqual([expect.stringMatching(/^begin isolation level read committed read only/)]);
    sent.length = 0;
    await withTenant(org, counted, (tenant) => inspectModel(org, 'invoice', tenant), options);
    expect(sent).toHaveLength(4);
  });

  it('reads a table that somebody else is changing as it was before', async () => {
    await createModel(org, spec, db, options);
    await db.transaction(async (other) => {
      await addFieldToModel(org, 'invoice', { name: 'note', type: 'Text' }, other, options);
      expect((await inspectModel(org, 'invoice', db)).model).toEqual(spec);
    });
  });
});

describe('says what is not there', () => {
  it('a tenant', async () => {
    await expect(inspectTenant(`${org}-2`, db)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND', org: `${org}-2` });
  });

  it('a model, and what has its name', async () => {
    await expect(inspectModel(org, 'invoice', db)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', table: 'invoice' });
    await db.raw('create view ??.invoice as select 1 as id', [org]);
    await expect(inspectModel(org, 'invoice', db)).rejects.toThrow('it is a view');
  });

  it('what pg-mem cannot', async () => {
    await expect(inspectTenant('acme', memoryTenant('acme'))).rejects.toMatchObject({
      code: 'UNSUPPORTED_DATABASE',
    });
  });

  it('a transaction that has ended', async () => {
    const trx = await db.transaction();
    await trx.rollback();
    await expect(inspectTenant(org, trx)).rejects.toMatchObject({ code: 'INVALID_SPEC' });
  });
});
