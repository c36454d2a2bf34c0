// What docs/recipes.md gives to be copied, and what does not run by itself when the document is tested.
import type { Knex } from 'knex';
import ts from 'typescript';
import { createModel, withTenant } from '../../lib';
import { snippetsOf } from '../support/markdown';
import { freshRole } from '../support/postgres';
import { rejection } from '../support/rejection';
import { needSuperuser } from '../support/rights';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest();

type LetRead = (org: string, role: string, tenant: Knex) => Promise<void>;

/** The function as it stands in the document. */
function letRead(): LetRead {
  const { code = '' } = snippetsOf('docs/recipes.md').find((each) => each.code.includes('letRead')) ?? {};
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const exports: { letRead?: LetRead } = {};
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  new Function('exports', outputText)(exports);
  return exports.letRead as LetRead;
}

it('lets a role read the tables that are there and those that come later, and write none', async () => {
  needSuperuser('create a role');
  const role = freshRole();
  await db.raw('create role ??', [role]);
  const invoice = { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] } as const;
  await createModel(org, invoice, db, options);
  await withTenant(org, db, (tenant) => letRead()(org, role, tenant), options);
  await createModel(org, { ...invoice, table: 'later' }, db, options);

  await db.transaction(async (trx) => {
    await trx.raw('set local role ??', [role]);
    for (const table of ['invoice', 'later']) expect(await trx(table).withSchema(org).select()).toEqual([]);
  });
  for (const table of ['invoice', 'later']) {
    const write = db.transaction(async (trx) => {
      await trx.raw('set local role ??', [role]);
      await trx(table).withSchema(org).insert({ id: 1 });
    });
    expect(await rejection(write)).toMatchObject({ code: '42501' });
  }
  await db.raw('drop owned by ??', [role]);
});
