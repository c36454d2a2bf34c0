// A tenant that has it all already: adopted where inspection finds it equal, and only there.
import { rollOut, type Change } from '../../../lib';
import { quiet } from '../../support/log';
import { countsOf, failuresOf, inLedger, STATUS, withTenants } from '../../support/rollout';

const options = { logger: quiet, retry: { maxAttempts: 1 }, canary: 0, stopAfter: false } as const;
const spec = { name: 'invoice.status', changes: STATUS };

/** As `addField` makes it. */
const SAME = `add column status varchar(100) default 'draft'`;

const OTHERS: Record<string, string> = {
  'another default': `add column status varchar(100) default 'open'`,
  'no default': 'add column status varchar(100)',
  'another length': `add column status varchar(50) default 'draft'`,
  'another type': `add column status text default 'draft'`,
  'NOT NULL': `add column status varchar(100) not null default 'draft'`,
  unique: `add column status varchar(100) unique default 'draft'`,
  'a check': `add column status varchar(100) default 'draft' check (status <> '')`,
  'a default that no spec can say': `add column status varchar(100) default lower('DRAFT')`,
};

it('adopts a tenant that has the same already, and no other', () =>
  withTenants(Object.keys(OTHERS).length + 3, async (db) => {
    const orgs = [...Object.values(OTHERS), SAME, SAME].map((sql, at) => ({ org: `t-${at}`, sql }));
    for (const { org, sql } of orgs) await db.raw(`alter table "${org}".invoice ${sql}`);
    const same = orgs.filter(({ sql }) => sql === SAME).map(({ org }) => org);
    // What is beside it is of no concern.
    await db.raw(
      `alter table "${same[1]}".invoice add column other point; create view "${same[1]}".v as select 1 as a`,
    );
    const all = [...orgs.map(({ org }) => org), `t-${orgs.length}`];
    const report = await rollOut(spec, db, { ...options, orgs: all, ifThere: 'adopt' });
    expect((await inLedger(db, 'already')).sort()).toEqual([...same].sort());
    const failed = Object.keys(OTHERS).length;
    expect(countsOf(report)).toEqual({ targets: failed + 3, done: 1, already: 2, failed });
    expect(failuresOf(report)).toEqual([
      { code: 'FIELD_EXISTS', operation: 'ADD COLUMN', table: 'invoice', count: failed },
    ]);
  }));

it('adopts nothing where that is not asked for', () =>
  withTenants(1, async (db, orgs) => {
    await db.raw(`alter table "t-0".invoice ${SAME}`);
    expect(countsOf(await rollOut(spec, db, { ...options, orgs }))).toEqual({ targets: 1, failed: 1 });
  }));

it('adopts a list whole, or not at all', () =>
  withTenants(4, async (db, orgs) => {
    const changes: Change[] = [
      ...STATUS,
      { kind: 'addIndex', table: 'invoice', columns: ['status'] },
      {
        kind: 'createModel',
        table: 'payment',
        fields: [
          { name: 'id', type: 'Int' },
          { name: 'note', type: 'Text' },
        ],
      },
    ];
    const own = orgs.map((org) => ({ org, changes }));
    await rollOut({ name: 'some' }, db, { ...options, orgs: own.slice(0, 2) });
    await db.raw('alter table "t-1".payment add column more int');
    await db.raw(`alter table "t-2".invoice ${SAME}`);
    const given = { ...options, orgs, ifThere: 'adopt', canary: ['t-0'], trial: 1 } as const;
    const report = await rollOut({ name: 'all', changes }, db, given);
    expect(report.trial).toMatchObject({ orgs: ['t-0'], failures: [] });
    // t-1 has more than the list makes, t-2 only a part of it.
    expect(countsOf(report)).toEqual({ targets: 4, already: 1, failed: 2, done: 1 });
    expect(await inLedger(db, 'already')).toEqual(['t-0']);
  }));

it('never adopts what does more than add', () =>
  withTenants(1, async (db, orgs) => {
    await db.raw(`alter table "t-0".invoice ${SAME}, add column old int`);
    const changes: Change[] = [...STATUS, { kind: 'dropField', table: 'invoice', column: 'old' }];
    const report = await rollOut({ name: 'more', changes }, db, { ...options, orgs, ifThere: 'adopt' });
    expect(countsOf(report)).toEqual({ targets: 1, failed: 1 });
  }));
