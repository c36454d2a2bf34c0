// Whatever a role makes in a schema of the search_path, and whatever a session has in pg_temp, runs in no SQL of the library's.
import type { Knex } from 'knex';
import {
  addFieldToModel,
  addIndex,
  alterField,
  createModel,
  createTenant,
  dropFieldFromModel,
  dropIndex,
  dropModel,
  dropTenant,
  previewConversion,
  renameField,
  renameModel,
  withTenant,
  type ChangeOptions,
} from '../../lib';
import { EVERY_TYPE } from '../support/type-samples';
import { quiet } from '../support/log';
import { inOwnDatabase } from '../support/own-database';
import { connect } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { COMMIT, strikeOnce } from '../support/through-proxy';
import { startProxy } from '../chaos/proxy';
import { FUNCTIONS, prepareNotes, relationTraps, setTraps, sprungTraps } from '../support/traps';

const ORG = 'acme';
const options: ChangeOptions = { logger: quiet, retry: { maxAttempts: 1 }, hazards: 'warn' };

type Scene = (db: Knex, admin: Knex) => Promise<void>;

/** Every operation, and its failures, on a Knex or in a transaction. */
async function everything(tenant: Knex, mark: string): Promise<void> {
  const table = `all_${mark}`;
  const id = { name: 'id', type: 'Int' } as const;
  await createModel(ORG, { table: `to_${mark}`, comment: 'c', fields: [id] }, tenant, options);
  await createModel(
    ORG,
    { table, fields: [id, ...EVERY_TYPE], indexes: [{ columns: ['int', 'text'] }] },
    tenant,
    options,
  );
  await tenant.raw(`insert into "${ORG}"."${table}" (id) values (1)`);
  const references = { schema: ORG, table: `to_${mark}`, column: 'id', onDelete: 'CASCADE' } as const;
  await addFieldToModel(ORG, table, { name: 'ref', type: 'Int', references }, tenant, options);
  await addFieldToModel(ORG, table, { name: 'token', type: 'Uuid', default: { fn: 'uuid' } }, tenant, options);
  await addFieldToModel(
    ORG,
    table,
    { name: 'at', type: 'Date', default: { fn: 'now' }, unique: true },
    tenant,
    options,
  );
  await addFieldToModel(ORG, table, { name: 'kind', type: 'Enum', values: ['a', 'b'], comment: 'c' }, tenant, options);
  await alterField(ORG, table, 'kind', { values: ['a', 'c'] }, tenant, options);
  await alterField(ORG, table, 'int', { type: 'Text' }, tenant, { ...options, hazards: 'allow' });
  await alterField(ORG, table, 'text', { default: 'short' }, tenant, options);
  await alterField(ORG, table, 'string', { length: 200 }, tenant, options);
  await alterField(ORG, table, 'float', { nullable: false, unique: true }, tenant, options);
  await previewConversion(ORG, table, 'string', { type: 'Date' }, tenant);
  await addIndex(ORG, table, { columns: ['float'], name: `by_${mark}` }, tenant, options);
  await dropIndex(ORG, table, `by_${mark}`, tenant, options);
  await renameField(ORG, table, 'float', 'double', tenant, options);
  await renameModel(ORG, table, `${table}_2`, tenant, options);
  await dropFieldFromModel(ORG, `${table}_2`, 'kind', tenant, options);

  const refusing = { ...options, hazards: 'refuse' } as const;
  const token = { name: 'token_2', type: 'Uuid', default: { fn: 'uuid' } } as const;
  const refusals = [
    [() => addFieldToModel(ORG, `${table}_2`, token, tenant, refusing), 'HAZARD_REFUSED'],
    [() => addFieldToModel(ORG, 'nothing', id, tenant, options), 'MODEL_NOT_FOUND'],
    [() => addFieldToModel(ORG, `${table}_2`, id, tenant, options), 'FIELD_EXISTS'],
    [() => createModel(ORG, { table: `to_${mark}`, fields: [id] }, tenant, options), 'MODEL_EXISTS'],
    [() => dropIndex(ORG, `${table}_2`, 'nothing', tenant, options), 'INDEX_NOT_FOUND'],
    [() => dropFieldFromModel(ORG, `${table}_2`, 'int', tenant, options), 'DEPENDENT_OBJECTS'],
    [() => dropModel(ORG, `to_${mark}`, tenant, options), 'DEPENDENT_OBJECTS'],
  ] as const;
  for (const [run, code] of refusals) expect(await migrationError(run())).toMatchObject({ code });
  await dropModel(ORG, `${table}_2`, tenant, options);
}

async function locked(db: Knex, admin: Knex): Promise<void> {
  await createModel(ORG, { table: 'waited_for', fields: [{ name: 'id', type: 'Int' }] }, db, options);
  const holder = await admin.transaction();
  try {
    await holder.raw(`lock table ${ORG}.waited_for in access exclusive mode`);
    const field = { name: 'f', type: 'Int' } as const;
    const waiting = addFieldToModel(ORG, 'waited_for', field, db, { ...options, lockTimeoutMs: 400 });
    const { code, blockedBy } = await migrationError(waiting);
    expect({ code, blockers: blockedBy?.length }).toEqual({ code: 'LOCK_TIMEOUT', blockers: 1 });
  } finally {
    await holder.rollback();
  }
}

/** The COMMIT is done, and its answer is lost: the fate is asked for. */
async function unanswered(url: string, path: string): Promise<void> {
  const proxy = await startProxy(url);
  const db = connect({ connection: { connectionString: proxy.url, options: path }, log: { warn: () => undefined } });
  try {
    void strikeOnce(proxy, COMMIT, async (exchange) => {
      await exchange.ask();
      exchange.cut();
    });
    await createModel(ORG, { table: 'in_doubt', fields: [{ name: 'id', type: 'Int' }] }, db, options);
  } finally {
    await db.destroy();
    await proxy.close();
  }
}

const SCENES: Readonly<Record<string, Scene>> = {
  'on a plain Knex': (db) => everything(db, 'own'),
  'in withTenant': (db) => withTenant(ORG, db, (tenant) => everything(tenant, 'tenant'), options),
  "in a transaction of the caller's": (db) => db.transaction((trx) => everything(trx, 'trx')),
  "in a transaction of the caller's, with temporary tables of PostgreSQL's names": async (db) => {
    const trx = await db.transaction();
    await trx.raw(relationTraps('pg_temp.', 'temporary'));
    await everything(trx, 'temp');
    // The views would stay with the session.
    await trx.rollback();
  },
  'while others hold a lock': locked,
};

describe.each([
  ['acme, public', '-c search_path=acme,public'],
  ['acme, pg_catalog', '-c search_path=acme,pg_catalog'],
  ['nothing', '-c search_path='],
])('where the search_path is %s', (_path, path) => {
  it('the library calls what is PostgreSQL’s', async () => {
    await inOwnDatabase(async (url) => {
      const admin = connect({ connection: { connectionString: url, options: '-c search_path=pg_catalog' } });
      const db = connect({ connection: { connectionString: url, options: path } });
      try {
        await createTenant(ORG, admin, options);
        await prepareNotes(admin);
        const set = [await setTraps(admin, ORG), await setTraps(admin, 'public')];
        expect(Math.min(...set)).toBeGreaterThan(FUNCTIONS.length * 3);
        for (const [scene, run] of Object.entries(SCENES)) {
          await run(db, admin);
          expect({ scene, sprung: await sprungTraps(admin) }).toEqual({ scene, sprung: [] });
        }
        await unanswered(url, path);
        await dropTenant(ORG, db, { ...options, confirm: ORG });
        expect(await sprungTraps(admin)).toEqual([]);
      } finally {
        await Promise.all([admin.destroy(), db.destroy()]);
      }
    });
  }, 120_000);
});

it('a trap that is called is seen', async () => {
  await inOwnDatabase(async (url) => {
    const admin = connect({ connection: { connectionString: url, options: '-c search_path=pg_catalog' } });
    const db = connect({ connection: { connectionString: url, options: '-c search_path=public,pg_catalog' } });
    try {
      await prepareNotes(admin);
      await setTraps(admin, 'public');
      await expect(db.raw(`select hashtextextended('a', 0)`)).rejects.toThrow('sprung');
      await expect(db.raw(`select 'a'::pg_catalog.text || 'b'`)).rejects.toThrow('sprung');
      await db.raw('select from pg_class');
      expect((await sprungTraps(admin)).sort()).toEqual(['hashtextextended', 'operators', 'views']);
    } finally {
      await Promise.all([admin.destroy(), db.destroy()]);
    }
  });
});
