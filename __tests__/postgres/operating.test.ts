// What docs/operating.md and docs/beside-an-orm.md say of rights, connections and prepared statements.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { knex, type Knex } from 'knex';
import { Client } from 'pg';
import {
  addFieldToModel,
  createModel,
  createTenant,
  dropTenant,
  withTenant,
  type FieldSpec,
  type ModelSpec,
} from '../../lib';
import { quiet } from '../support/log';
import { codeIn, tableOf, textOf } from '../support/markdown';
import { connect, freshOrg, freshRole, serverUrl } from '../support/postgres';
import { migrationError, rejection } from '../support/rejection';
import { needSuperuser } from '../support/rights';
import { tenantTest } from '../support/tenant-test';

const options = { logger: quiet };
const id: FieldSpec = { name: 'id', type: 'Int' };
const invoice: ModelSpec = { table: 'invoice', fields: [id] };

describe('the rights of the role', () => {
  const document = 'docs/operating.md';
  const [, rights = ''] = /```sql\n(create role.*?)```/s.exec(textOf(document)) ?? [];
  const grants = tableOf(document, 'for').map(([what = '', codes]) => ({
    what,
    statements: codeIn(codes).filter((code) => /^(?:alter|grant) /.test(code)),
  }));
  const grantsFor = (words: string): readonly string[] =>
    grants.find(({ what }) => what.startsWith(words))?.statements ?? [];
  const [owner, reference, details] = ['a schema that', 'references to', 'details in'].map(grantsFor) as [
    readonly string[],
    readonly string[],
    readonly string[],
  ];
  const admin = connect();
  let org: string;
  let shared: string;
  let role: string;
  let db: Knex;

  /** As the document has it, for this server. */
  const grant = async (statements: readonly string[]): Promise<void> => {
    for (const statement of statements) {
      await admin.raw(
        statement
          .replaceAll('service', `"${role}"`)
          .replaceAll('"acme-corp"', `"${org}"`)
          .replaceAll('database app', `database "${new URL(serverUrl()).pathname.slice(1)}"`)
          .replace('schema public', `schema "${shared}"`)
          .replace('public.', `"${shared}".`),
      );
    }
  };

  beforeEach(async () => {
    needSuperuser('create a role');
    [org, shared, role] = [freshOrg(), freshOrg('shared'), freshRole()];
    await grant(rights.split(';').filter((statement) => statement.trim() !== ''));
    await admin.raw(`alter role ?? password 'x'`, [role]);
    await admin.raw('create schema ??; create table ??.currency (code text primary key)', [shared, shared]);
    const url = Object.assign(new URL(serverUrl()), { username: role, password: 'x' });
    db = connect({ connection: { connectionString: url.href } });
  });

  afterEach(() => admin.raw('drop owned by ?? cascade', [role]));

  it('are enough to create, change and drop a tenant', async () => {
    await createTenant(org, db, options);
    await withTenant(org, db, (tenant) => createModel(org, invoice, tenant), options);
    await addFieldToModel(org, 'invoice', { name: 'note', type: 'Text' }, db, options);
    await dropTenant(org, db, { ...options, confirm: org });
  });

  it('need ownership of what another role created', async () => {
    await admin.raw('create schema ??; create table ??.invoice (id int)', [org, org]);
    const change = (): Promise<unknown> => addFieldToModel(org, 'invoice', { name: 'note', type: 'Text' }, db, options);
    expect(await migrationError(change())).toMatchObject({ code: 'PERMISSION_DENIED' });
    await grant(owner);
    expect(await migrationError(change())).toMatchObject({ code: 'PERMISSION_DENIED' });
    await admin.raw('alter table ??.invoice owner to ??', [org, role]);
    await change();
  });

  it('need those grants for a reference to a shared table', async () => {
    await createTenant(org, db, options);
    const references = { schema: shared, table: 'currency', column: 'code', onDelete: 'RESTRICT' } as const;
    const payment: ModelSpec = { table: 'payment', fields: [id, { name: 'currency', type: 'Text', references }] };
    const change = (): Promise<unknown> =>
      createModel(org, payment, db, { ...options, sharedSchemas: ['public', shared] });
    expect(await migrationError(change())).toMatchObject({ code: 'PERMISSION_DENIED' });
    await grant(reference);
    await change();
  });

  it('show more of who is in the way with that grant', async () => {
    await createTenant(org, db, options);
    await createModel(org, invoice, db, options);
    const states: unknown[] = [];
    await admin.transaction(async (holder) => {
      await holder.raw('select from ??.invoice', [org]);
      const waits = { ...options, lockTimeoutMs: 300, retry: false } as const;
      const change = (): Promise<unknown> => addFieldToModel(org, 'invoice', { name: 'note', type: 'Text' }, db, waits);
      states.push((await migrationError(change())).blockedBy?.map(({ state }) => state));
      await grant(details);
      states.push((await migrationError(change())).blockedBy?.map(({ state }) => state));
    });
    expect(states).toEqual([['unknown'], ['idle in transaction']]);
  });
});

it('a server that accepts a connection and does not answer is given up after connectionTimeoutMillis', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = { host: '127.0.0.1', port, user: 'service', connectionTimeoutMillis: 100 };
  const db = knex({ client: 'pg', connection, log: { warn: () => undefined } });
  try {
    const startedAt = performance.now();
    const retry = { maxAttempts: 2, delayMs: 1 };
    const error = await migrationError(addFieldToModel('acme', 'invoice', id, db, { ...options, retry }));
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', retryScope: 'connection' });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(sockets.length).toBe(2);
  } finally {
    await db.destroy();
    sockets.forEach((socket) => socket.destroy());
    server.close();
  }
});

describe('after a change, select *', () => {
  const { db, org } = tenantTest(options);

  beforeEach(async () => {
    await createModel(org, invoice, db, options);
  });

  const change = (): Promise<unknown> => addFieldToModel(org, 'invoice', { name: 'note', type: 'Text' }, db, options);

  it('fails once where a driver has prepared it', async () => {
    const client = new Client({ connectionString: serverUrl() });
    await client.connect();
    const read = (name: string): Promise<unknown> => client.query({ name, text: `select * from "${org}".invoice` });
    try {
      await read('all');
      await change();
      expect(await rejection(read('all'))).toMatchObject({ message: 'cached plan must not change result type' });
      await read('all again');
    } finally {
      await client.end();
    }
  });

  it('goes on by knex', async () => {
    const one = connect({ pool: { min: 1, max: 1 } });
    await one.withSchema(org).from('invoice').select('*');
    await change();
    await one.withSchema(org).from('invoice').insert({ id: 1, note: 'a' });
    expect(await one.withSchema(org).from('invoice').select('*')).toEqual([{ id: 1, note: 'a' }]);
  });
});
