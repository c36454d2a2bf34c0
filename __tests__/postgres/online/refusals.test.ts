// What an online change cannot work with is refused before anything is sent; what is harmless runs as it is.
import {
  abandonOnline,
  applyChange,
  applyOnline,
  createModel,
  createTenant,
  planChange,
  planOnline,
  withTenant,
  type Change,
} from '../../../lib';
import { memoryTenant } from '../../../lib/testing';
import { columnsOf } from '../../support/catalog';
import { quiet } from '../../support/log';
import { ORG, schemaOf, withInvoices } from '../../support/online';
import { connect, freshOrg } from '../../support/postgres';
import { migrationError } from '../../support/rejection';

const db = connect();
const options = { logger: quiet };
const change: Change = { kind: 'addIndex', table: 'invoice', columns: ['status'] };
const note: Change = { kind: 'addField', table: 'invoice', field: { name: 'note', type: 'String', default: 'none' } };

it('refuses a transaction, with the reason', async () => {
  const org = freshOrg();
  const error = await migrationError(db.transaction(async (trx) => applyOnline(org, change, trx, options)));
  expect(error).toMatchObject({ code: 'INVALID_SPEC', org });
  expect(error.message).toMatch(/stages commit one by one/);
});

it('refuses a call inside the callback of withTenant', async () => {
  const org = freshOrg();
  await createTenant(org, db, options);
  const call = withTenant(org, db, async () => applyOnline(org, change, db, options), options);
  expect(await migrationError(call)).toMatchObject({ code: 'NESTED_CALL' });
});

it('refuses a pool of one connection', async () => {
  const small = connect({ pool: { min: 0, max: 1 } });
  const error = await migrationError(abandonOnline(freshOrg(), 'invoice', small, options));
  expect(error).toMatchObject({ code: 'INVALID_SPEC' });
  expect(error.message).toMatch(/two connections at a time, and the pool has at most 1/);
});

it('refuses pg-mem, with what to use instead', async () => {
  const tenant = memoryTenant('acme-corp');
  const error = await migrationError(applyOnline('acme-corp', change, tenant, options));
  expect(error).toMatchObject({ code: 'UNSUPPORTED_DATABASE' });
  expect(error.message).toMatch(/Use applyChange in your tests/);
});

it('refuses a connection that leads through a pooler: the session is not the one that the driver was given', async () => {
  const org = freshOrg();
  const pooled = connect({
    pool: {
      min: 0,
      max: 4,
      // As a pooler does: a number of its own in place of the server's.
      afterCreate: (connection: { processID: number }, done: () => void) => {
        connection.processID += 1;
        done();
      },
    },
  });
  const error = await migrationError(applyOnline(org, change, pooled, options));
  expect(error).toMatchObject({ code: 'UNSUPPORTED_DATABASE' });
  expect(error.message).toMatch(/leads through a pooler/);
});

it.each<Change>([
  { kind: 'alterField', table: 'invoice', column: 'code', set: { type: 'Int' } },
  {
    kind: 'alterField',
    table: 'invoice',
    column: 'code',
    set: { type: 'Text', nullable: false },
    from: { type: 'String' },
  },
  {
    kind: 'addField',
    table: 'invoice',
    field: { name: 'other', type: 'Uuid', default: { fn: 'uuid' }, references: { table: 'customer', column: 'id' } },
  },
])('refuses by name, before anything is sent, what it has no stages for: %j', async (unsupported) => {
  expect(() => planOnline('acme-corp', unsupported)).toThrow(/cannot be made online/);
  const error = await migrationError(applyOnline('acme-corp', unsupported, db, options));
  expect(error).toMatchObject({ code: 'INVALID_SPEC', table: 'invoice' });
});

it('runs what is harmless as it is, in one transaction, behind a lock that blocks nobody', () =>
  withInvoices(100, async (own) => {
    const sent: string[] = [];
    own.on('query', ({ sql }: { sql: string }) => sent.push(sql));
    const result = await applyOnline(ORG, note, own, options);
    expect(result).toMatchObject({
      stages: [{ name: 'as it is' }],
      statements: planChange(ORG, note).steps.map(({ sql }) => sql),
    });
    expect(planOnline(ORG, note).stages.flatMap(({ steps }) => steps)).toEqual(planChange(ORG, note).steps);
    expect(sent).toHaveLength(2);
    expect(sent[0]).toMatch(/lock table "acme-corp"."invoice" in share update exclusive mode;[^]*add column "note"/);
    expect(await columnsOf(own, ORG, 'invoice')).toContain('note');
  }));

it('gives the errors of the plain change for what is harmless', () =>
  withInvoices(0, async (own) => {
    await applyChange(ORG, note, own, options);
    const before = await schemaOf(own, ORG);
    expect(await migrationError(applyOnline(ORG, note, own, options))).toMatchObject({ code: 'FIELD_EXISTS' });
    const missing = { ...note, table: 'nope' } as Change;
    expect(await migrationError(applyOnline(ORG, missing, own, options))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(await schemaOf(own, ORG)).toEqual(before);
  }));

it('creates a model as it is', async () => {
  const org = freshOrg();
  await createTenant(org, db, options);
  await createModel(org, { table: 'a', fields: [{ name: 'id', type: 'Int' }] }, db, options);
  await applyOnline(org, { kind: 'createModel', table: 'b', fields: [{ name: 'id', type: 'Int' }] }, db, options);
  expect(await columnsOf(db, org, 'b')).toEqual(['id']);
});
