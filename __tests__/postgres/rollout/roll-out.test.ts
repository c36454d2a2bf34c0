// A list of changes in many tenants: once each, written down, and to be gone on with.
import { rollOut, rolloutStatus, type Change } from '../../../lib';
import { quiet } from '../../support/log';
import { migrationError, rejection } from '../../support/rejection';
import { countsOf, createTenants, failuresOf, inLedger, STATUS, withStatus, withTenants } from '../../support/rollout';

const options = { logger: quiet, retry: { maxAttempts: 1 } };
const spec = { name: 'invoice.status', changes: STATUS };

it('changes every tenant once, and says so', () =>
  withTenants(30, async (db, orgs) => {
    const report = await rollOut(spec, db, { ...options, orgs });
    expect(report).toMatchObject({ name: 'invoice.status', ended: 'finished', state: 'finished', failures: [] });
    expect(countsOf(report)).toEqual({ targets: 30, done: 30 });
    expect(await withStatus(db)).toEqual([...orgs].sort());
    const { rows } = await db.raw('select distinct attempts from tenant_ddl.rollout_tenant');
    expect(rows).toEqual([{ attempts: 1 }]);
  }));

it('does nothing more at a second call of the same name, and says the same', () =>
  withTenants(5, async (db, orgs) => {
    const first = await rollOut(spec, db, { ...options, orgs });
    const second = await rollOut(spec, db, { ...options, orgs });
    expect(countsOf(second)).toEqual(countsOf(first));
    expect(second.ended).toBe('finished');
  }));

it('goes on, without the orgs, where the first call ended', () =>
  withTenants(20, async (db, orgs) => {
    const signal = AbortSignal.timeout(0);
    const first = await rollOut(spec, db, { ...options, orgs, signal });
    expect(first).toMatchObject({ ended: 'aborted', state: 'running' });
    expect(first.pending).toBeGreaterThan(0);
    expect(await withStatus(db)).toEqual((await inLedger(db, 'done')).sort());
    const second = await rollOut(spec, db, options);
    expect(countsOf(second)).toEqual({ targets: 20, done: 20 });
  }));

it('goes on by its name alone, with the list in the ledger', () =>
  withTenants(20, async (db, orgs) => {
    const first = await rollOut(spec, db, { ...options, orgs, signal: AbortSignal.timeout(0) });
    expect(first.pending).toBeGreaterThan(0);
    const second = await rollOut({ name: spec.name }, db, options);
    expect(countsOf(second)).toEqual({ targets: 20, done: 20 });
    expect(second.hash).toBe(first.hash);
    expect(await withStatus(db)).toHaveLength(20);
  }));

it('does not begin by a name alone', () =>
  withTenants(1, async (db) => {
    const error = await migrationError(rollOut({ name: 'none' }, db, options));
    expect(error).toMatchObject({ code: 'INVALID_SPEC' });
    expect(error.message).toContain('the ledger has none to continue');
  }));

it('refuses another list under the same name, and names both hashes', () =>
  withTenants(2, async (db, orgs) => {
    const { hash } = await rollOut(spec, db, { ...options, orgs });
    const changes: Change[] = [{ kind: 'dropField', table: 'invoice', column: 'status' }];
    const error = await migrationError(rollOut({ ...spec, changes }, db, { ...options, orgs }));
    expect(error).toMatchObject({ code: 'INVALID_SPEC' });
    expect(error.message).toMatch(new RegExp(`another list of changes \\(${hash}, not [0-9a-f]{64}\\)`));
    expect(await withStatus(db)).toHaveLength(2);
  }));

it('takes the same list for the same, whatever the order of its keys is', () =>
  withTenants(1, async (db, orgs) => {
    await rollOut(spec, db, { ...options, orgs });
    const field = { default: 'draft', type: 'String', name: 'status' } as const;
    const again = await rollOut({ ...spec, changes: [{ field, table: 'invoice', kind: 'addField' }] }, db, options);
    expect(countsOf(again)).toEqual({ targets: 1, done: 1 });
  }));

it('writes a tenant down that fails, leaves it as it was, and goes on with the others', () =>
  withTenants(30, async (db, orgs) => {
    await db.raw('alter table "t-3".invoice add column status int');
    await db.raw('drop table "t-4".invoice');
    const report = await rollOut(spec, db, { ...options, orgs, canary: ['t-1'] });
    expect(countsOf(report)).toEqual({ targets: 30, done: 28, failed: 2 });
    expect(failuresOf(report)).toEqual([
      { code: 'FIELD_EXISTS', operation: 'ADD COLUMN', table: 'invoice', count: 1 },
      { code: 'MODEL_NOT_FOUND', operation: 'ADD COLUMN', table: 'invoice', count: 1 },
    ]);
    expect(await withStatus(db)).toEqual(orgs.filter((org) => org !== 't-4').sort());
  }));

it('names the constraint that rows are in the way of, and none of their values', () =>
  withTenants(2, async (db, orgs) => {
    await db.raw(`alter table "t-1".invoice add column code text; insert into "t-1".invoice values (1, 'secret'), (2, 'secret');
      alter table "t-0".invoice add column code text`);
    const changes: Change[] = [{ kind: 'addIndex', table: 'invoice', columns: ['code'], unique: true }];
    const report = await rollOut({ name: 'unique', changes }, db, { ...options, orgs, canary: ['t-0'] });
    expect(report.failures).toEqual([
      {
        code: 'UNIQUE_VIOLATION',
        operation: 'CREATE INDEX',
        table: 'invoice',
        constraint: expect.stringMatching(/^invoice_code_key_/),
        count: 1,
        examples: ['t-1'],
      },
    ]);
    const { rows } = await db.raw('select r::text as r from tenant_ddl.rollout_tenant r');
    expect(JSON.stringify(rows)).not.toContain('secret');
  }));

it('counts a tenant that is not there as gone, and changes it when it is there at a later call', () =>
  withTenants(3, async (db, orgs) => {
    const report = await rollOut(spec, db, { ...options, orgs: [...orgs, 'late'] });
    expect(countsOf(report)).toEqual({ targets: 4, done: 3, gone: 1 });
    await createTenants(db, ['late']);
    expect(countsOf(await rollOut(spec, db, options))).toEqual({ targets: 4, done: 4 });
  }));

it('tries a permanent failure again only where that is asked for, and a transient one at the next call', () =>
  withTenants(4, async (db, orgs) => {
    await db.raw('alter table "t-3".invoice add column status int');
    const blocker = await db.transaction();
    await blocker.raw('lock table "t-2".invoice');
    const given = { ...options, canary: 0, lockTimeoutMs: 50 };
    const first = await rollOut(spec, db, { ...given, orgs });
    await blocker.rollback();
    expect(countsOf(first)).toEqual({ targets: 4, done: 2, failed: 2 });
    await db.raw('alter table "t-3".invoice drop column status');
    const second = await rollOut(spec, db, given);
    expect(countsOf(second)).toEqual({ targets: 4, done: 3, failed: 1 });
    expect(await inLedger(db, 'failed')).toEqual(['t-3']);
    const third = await rollOut(spec, db, { ...given, retryFailed: true });
    expect(countsOf(third)).toEqual({ targets: 4, done: 4 });
  }));

it('gives each tenant its own list, and skips one whose list is empty', () =>
  withTenants(3, async (db) => {
    const own: Change[] = [{ kind: 'addField', table: 'invoice', field: { name: 'own', type: 'Int' } }];
    const orgs = ['t-0', { org: 't-1', changes: own }, { org: 't-2', changes: [] }];
    const report = await rollOut(spec, db, { ...options, orgs });
    expect(countsOf(report)).toEqual({ targets: 3, done: 2, skipped: 1 });
    expect(await withStatus(db)).toEqual(['t-0']);
    const { rows } = await db.raw(
      `select table_schema as org from information_schema.columns where column_name = 'own'`,
    );
    expect(rows).toEqual([{ org: 't-1' }]);
    const other = rollOut(spec, db, { ...options, orgs: [{ org: 't-1', changes: STATUS }] });
    await expect(other).rejects.toThrow(/another list of changes for "t-1" \([0-9a-f]{64}, not [0-9a-f]{64}\)/);
  }));

it.each([
  [{ name: '', changes: STATUS }, {}, 'A rollout needs a name'],
  [{ name: 'x' }, { orgs: ['a'] }, 'has no changes for "a"'],
  [{ name: 'x', changes: [] }, { orgs: ['a'] }, 'has no changes'],
  [{ name: 'x', changes: STATUS }, {}, 'has no orgs'],
  [{ name: 'x', changes: STATUS }, { orgs: ['a b'] }, 'The org "a b" must be letters'],
  [{ name: 'x', changes: STATUS }, { orgs: ['a'], canary: ['b'] }, 'The canary "b" is not among the orgs'],
  [{ name: 'x', changes: STATUS }, { orgs: ['a'], conections: 3 }, 'did you mean "connections"?'],
  [{ name: 'x', changes: STATUS }, { orgs: ['a'], stopAfter: { ratio: 2 } }, 'options.stopAfter.ratio'],
  [{ name: 'x', changes: STATUS }, { orgs: [{ org: 'a', changes: STATUS }, 'a'] }, '"a" is among the orgs twice'],
])('refuses %j with %j', (given, more, message) =>
  withTenants(0, async (db) => {
    const error = await migrationError(rollOut(given, db, { ...options, ...more }));
    expect(error.message).toContain(message);
  }),
);

it('takes a tenant’s own list that refers to its own tables', () =>
  withTenants(1, async (db) => {
    const references = { table: 'invoice', column: 'id' };
    const changes: Change[] = [
      { kind: 'addField', table: 'invoice', field: { name: 'parent', type: 'Int', references } },
    ];
    const report = await rollOut({ name: 'own' }, db, { ...options, orgs: [{ org: 't-0', changes }] });
    expect(countsOf(report)).toEqual({ targets: 1, done: 1 });
  }));

it('throws what the function of the orgs throws, and what the check throws after it has stopped', () =>
  withTenants(3, async (db, orgs) => {
    const own = new Error('own');
    const throwing = (): never => {
      throw own;
    };
    expect(await rejection(rollOut(spec, db, { ...options, orgs: throwing }))).toBe(own);
    expect(await rejection(rollOut(spec, db, { ...options, orgs, check: throwing }))).toBe(own);
    expect(await rolloutStatus(spec.name, db)).toMatchObject({ state: 'stopped', reason: 'check', done: 1 });
  }));
