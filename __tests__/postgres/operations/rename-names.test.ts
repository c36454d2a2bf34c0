// What a rename leaves of the old names: nothing, in databases of other encodings and for names that are cut too.
import type { Knex } from 'knex';
import { createModel, createTenant, renameField, renameModel } from '../../../lib';
import { quiet } from '../../support/log';
import { connect, freshOrg, serverUrl } from '../../support/postgres';
import { needSuperuser } from '../../support/rights';

const options = { logger: quiet };
const server = connect();

/** Of the constraints and indexes of a table. As bytes: in SQL_ASCII the server cuts through a character. */
async function namesOf(db: Knex, org: string, table: string): Promise<string[]> {
  const { rows } = await db.raw(
    `select encode(name::text::bytea, 'escape') as name from (select conname as name from pg_constraint where conrelid = :table::regclass
     union select relname from pg_index join pg_class c on c.oid = indexrelid where indrelid = :table::regclass) found order by 1`,
    { table: `"${org}"."${table}"` },
  );
  return (rows as { name: string }[]).map(({ name }) => name);
}

const LONG = 'x'.repeat(63);
const NAMES: readonly (readonly [string, readonly [string, string], readonly [string, string]])[] = [
  ['short names', ['invoice', 'bill'], ['note', 'remark']],
  ['a long table', [LONG, 'bill'], ['note', 'remark']],
  ['a long new table', ['invoice', LONG], ['note', 'remark']],
  ['a long field', ['invoice', 'bill'], [LONG, 'remark']],
  ['both long', [LONG, `y${LONG.slice(1)}`], [LONG, `y${LONG.slice(1)}`]],
  ['names that just fit', ['t'.repeat(26), 'u'.repeat(27)], ['c'.repeat(27), 'd'.repeat(26)]],
  ['names that do just not', ['t'.repeat(27), 'u'.repeat(26)], ['c'.repeat(27), 'd'.repeat(28)]],
  ['names outside ASCII', ['ä'.repeat(25), 'ö'.repeat(31)], ['ü'.repeat(31), 'é'.repeat(14)]],
  ['names of an odd number of bytes', ['aä'.repeat(21), 'ä'.repeat(30)], [`a${'ü'.repeat(27)}`, 'ü'.repeat(13)]],
];

describe.each(['UTF8', 'LATIN1', 'SQL_ASCII', 'EUC_JP'])('in a database in %s', (encoding) => {
  const name = `${freshOrg('encoding')}-${encoding.toLowerCase()}`;
  let db: Knex;
  let created = false;
  beforeAll(async () => {
    needSuperuser('create a database');
    await server.raw(`create database ?? encoding '${encoding}' template template0 locale 'C'`, [name]);
    created = true;
    const url = new URL(serverUrl());
    url.pathname = `/${name}`;
    db = connect({ connection: { connectionString: url.href } });
  });
  afterAll(async () => {
    if (!created) return;
    await db.destroy();
    await server.raw('drop database ?? with (force)', [name]);
  });

  it.each(
    // An accented letter is three bytes there, and the server cuts the longest of these names itself.
    NAMES.filter(([, , [column]]) => encoding !== 'EUC_JP' || /^[\x20-\x7e]*$/.test(column)),
  )('%s', async (_what, [table, newTable], [column, newColumn]) => {
    const [org, other] = [freshOrg(), freshOrg('other')];
    const model = (of: string, field: string): Parameters<typeof createModel>[1] => ({
      table: of,
      fields: [
        { name: 'id', type: 'Int' },
        { name: field, type: 'Enum', values: ['a'], nullable: false, unique: true },
      ],
      indexes: [{ columns: [field, 'id'] }],
    });
    await createTenant(org, db, options);
    await createModel(org, model(table, column), db, options);
    await renameModel(org, table, newTable, db, options);
    await renameField(org, newTable, column, newColumn, db, options);
    await createTenant(other, db, options);
    await createModel(other, model(newTable, newColumn), db, options);
    expect(await namesOf(db, org, newTable)).toEqual(await namesOf(db, other, newTable));
  });
});
