// Where the shards are: on a worker, or on the coordinator, whose catalogs have them beside the tables and hide them. A
// cluster of one node has all of them there.
import type { Knex } from 'knex';
import {
  addIndex,
  applyChanges,
  createModel,
  createModels,
  createTenant,
  dropTenant,
  inspectTenant,
  type Change,
  type ModelSpec,
} from '../../lib';
import { startProxy } from '../chaos/proxy';
import { onCitus, placementsOf, referenceTable } from '../support/citus';
import { quiet } from '../support/log';
import { connect, freshOrg, serverUrl } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { connectedThrough } from '../support/through-proxy';

const options = { logger: quiet, retry: { maxAttempts: 1 } } as const;

const models = (org: string): readonly ModelSpec[] => [
  { table: 'customer', fields: [{ name: 'id', type: 'Int', identity: true }] },
  {
    table: 'invoice',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'amount', type: 'Int', default: 1 },
      { name: 'status', type: 'Enum', values: ['draft', 'sent'] },
      { name: 'customer_id', type: 'Int', references: { schema: org, table: 'customer', column: 'id' } },
    ],
    indexes: [{ columns: ['amount', 'status'] }],
  },
];

async function tenantOf(db: Knex): Promise<string> {
  const org = freshOrg();
  await createTenant(org, db, options);
  await createModels(org, models(org), db, options);
  await db.raw(
    `insert into ??.invoice (id, amount, status) values (1, null, 'draft'), (2, 7, 'sent'), (3, 7, 'sent')`,
    [org],
  );
  return org;
}

/** With the failing column; PostgreSQL names none of an index. */
const FAILURES: [string, Change, string | undefined][] = [
  [
    'NOT_NULL_VIOLATION',
    { kind: 'alterField', table: 'invoice', column: 'amount', set: { nullable: false } },
    'amount',
  ],
  ['UNIQUE_VIOLATION', { kind: 'alterField', table: 'invoice', column: 'amount', set: { unique: true } }, 'amount'],
  [
    'UNIQUE_VIOLATION',
    { kind: 'addIndex', table: 'invoice', columns: ['status'], unique: true, name: 'once' },
    'status',
  ],
  ['CHECK_VIOLATION', { kind: 'alterField', table: 'invoice', column: 'status', set: { values: ['draft'] } }, 'status'],
];

describe.each([
  ['a worker', false],
  ['the coordinator', true],
])('with the shards on %s', (_where, isThere) => {
  onCitus('a tenant', () => {
    let db: Knex;
    let before: readonly { port: number; has: boolean }[];

    const setHome = (port: number, has: boolean): Knex.Raw =>
      db.raw(
        `select citus_set_node_property(nodename, nodeport, 'shouldhaveshards', ?) from pg_dist_node where nodeport = ?`,
        [has, port],
      );

    beforeAll(async () => {
      db = connect();
      const { hostname, port } = new URL(serverUrl());
      const { rows } = await db.raw(
        'select nodeport as port, shouldhaveshards as has, groupid = 0 as "isCoordinator" from pg_dist_node order by groupid',
      );
      before = rows as typeof before;
      if (!rows.some((node: { isCoordinator: boolean }) => node.isCoordinator)) {
        await db.raw('select citus_set_coordinator_host(?, ?)', [hostname, Number(port)]);
        before = [{ port: Number(port), has: false }, ...before];
      }
      for (const [at, node] of before.entries()) await setHome(node.port, (at === 0) === isThere);
    });
    afterAll(async () => {
      for (const { port, has } of before) await setHome(port, has);
    });

    it('is read, and dropped with everything in it', async () => {
      const org = await tenantOf(db);
      const places = await placementsOf(db, org);
      expect(places.map(({ port }) => port === before[0]?.port)).toEqual([isThere, isThere]);
      const { models: read, extras } = await inspectTenant(org, db, options);
      expect([read.map(({ table }) => table), extras]).toEqual([['customer', 'invoice'], []]);
      const { statements } = await dropTenant(org, db, { ...options, confirm: org });
      expect(statements.filter((sql) => /_\d{6}/.test(sql))).toEqual([]);
      expect(statements.filter((sql) => sql.startsWith('drop table'))).toHaveLength(2);
      const left = await db.raw(`select relname from pg_class where relname like 'invoice\\_1%'`);
      expect(left.rows).toEqual([]);
    });

    it('is dropped by the first call to a database of which nothing is known', async () => {
      const org = await tenantOf(db);
      const proxy = await startProxy(serverUrl());
      try {
        await dropTenant(org, connectedThrough(proxy), { ...options, confirm: org });
      } finally {
        await proxy.close();
      }
    });

    it('is not dropped while something outside depends on it', async () => {
      const [org, outside] = [await tenantOf(db), freshOrg('outside')];
      await db.raw('create schema ??', [outside]);
      await db.raw('create view ??.v as select * from ??.invoice', [outside, org]);
      const error = await migrationError(dropTenant(org, db, { ...options, confirm: org }));
      expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', dependents: [`view "${outside}".v`] });
      await db.raw('drop view ??.v', [outside]);
    });

    it.each(FAILURES)('%s names the table and the field in a list: %j', async (code, change, column) => {
      const org = await tenantOf(db);
      const first: Change = { kind: 'addField', table: 'customer', field: { name: 'a', type: 'Int' } };
      const error = await migrationError(applyChanges(org, [first, change], db, options));
      expect(error).toMatchObject({ code, org, table: 'invoice', column });
      expect(error.message).toContain(`"${org}"."invoice"`);
      expect(error.message).not.toMatch(/_\d{6}/);
    });
  });
});

onCitus('a tenant that is not distributed', () => {
  it('is dropped, also where it refers to a table of every node', async () => {
    const db = connect({ pool: { min: 0, max: 1 } });
    const shared = await referenceTable(db);
    const shares = { ...options, sharedSchemas: [shared] };
    const org = freshOrg();
    await db.raw('set citus.enable_schema_based_sharding = off');
    await createTenant(org, db, shares);
    const references = { schema: shared, table: 'currency', column: 'code' } as const;
    const fields = [
      { name: 'id', type: 'Int' },
      { name: 'currency', type: 'String', length: 3, references },
    ] as const;
    await createModel(org, { table: 'price', fields }, db, shares);
    await dropTenant(org, db, { ...shares, confirm: org });
  });
});

onCitus('an operator class of a tenant', () => {
  it('is refused in clear words for an index', async () => {
    const db = connect();
    const org = await tenantOf(db);
    await db.raw(
      'create operator class ??.own for type int using btree as operator 3 =, function 1 btint4cmp(int, int)',
      [org],
    );
    const columns = [{ column: 'amount', operatorClass: `${org}.own` }];
    expect(await migrationError(addIndex(org, 'invoice', { columns }, db, options))).toMatchObject({
      code: 'UNSUPPORTED_DATABASE',
      message: expect.stringMatching(/^Citus, which distributes .*"invoice".*operator class .*Nothing was changed/),
    });
  });
});
