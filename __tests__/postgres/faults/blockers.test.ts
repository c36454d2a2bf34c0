import { addFieldToModel, createModel, createTenant, type FieldSpec, type MigrationError } from '../../../lib';
import { quiet, recordedLog } from '../../support/log';
import { connect, freshOrg, serverUrl } from '../../support/postgres';
import { migrationError } from '../../support/rejection';
import { startSilentServer } from '../../support/silent-server';
import { throughProxy, until } from '../../support/through-proxy';

const id: FieldSpec = { name: 'id', type: 'Int' };
const added: FieldSpec = { name: 'x', type: 'Int' };
const options = { logger: quiet, lockTimeoutMs: 600, retry: { maxAttempts: 1 } };

async function tenants(count: number): Promise<string[]> {
  const db = connect();
  const orgs = Array.from({ length: count }, () => freshOrg());
  for (const org of orgs) {
    await createTenant(org, db, { logger: quiet });
    await createModel(org, { table: 'invoice', fields: [id] }, db, { logger: quiet });
  }
  return orgs;
}

it('are looked for on one connection beside the pool, however many changes wait', async () => {
  const orgs = await tenants(12);
  const { proxy } = await throughProxy();
  try {
    const db = connect({ connection: { connectionString: proxy.url }, pool: { max: orgs.length } });
    await Promise.all(orgs.map(() => db.raw('select pg_sleep(0.2)')));
    let opened = 0;
    proxy.onConnect(() => {
      opened += 1;
      return false;
    });
    const holder = await connect().transaction();
    for (const org of orgs) await holder.raw('lock table ??.invoice in access share mode', [org]);
    const errors = await Promise.all(
      orgs.map((org) => migrationError(addFieldToModel(org, 'invoice', added, db, options))),
    );
    await holder.rollback();
    for (const error of errors) expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', blockedBy: [expect.anything()] });
    expect(opened).toBeGreaterThan(0);
    expect(opened).toBeLessThanOrEqual(4);
  } finally {
    await proxy.close();
  }
});

it('are not those of a stranger whose process has the number that a pooler made up', async () => {
  const [org = '', other = ''] = await tenants(2);
  const admin = connect();
  const holders = [await admin.transaction(), await admin.transaction()];
  const stranger = await connect().transaction();
  try {
    await holders[0]?.raw('lock table ??.invoice in access share mode', [org]);
    await holders[1]?.raw('lock table ??.invoice in access exclusive mode', [other]);
    const [{ pid }] = (await stranger.raw('select pg_backend_pid() as pid')).rows;
    const waits = stranger.raw('select from ??.invoice', [other]).then(
      () => undefined,
      () => undefined,
    );
    const pooled = connect({
      pool: {
        max: 1,
        afterCreate: (made: { processID: number }, done: () => void) => {
          made.processID = pid;
          done();
        },
      },
    });
    const error = await migrationError(addFieldToModel(org, 'invoice', added, pooled, options));
    expect(error.code).toBe('LOCK_TIMEOUT');
    expect(error.blockedBy).toBeUndefined();
    await holders[1]?.rollback();
    await waits;
  } finally {
    await Promise.all([...holders, stranger].map((trx) => trx.rollback()));
  }
});

it('are named, and what closing the connection beside the pool failed with is in the log at level debug', async () => {
  const [org = ''] = await tenants(1);
  const db = connect();
  const { client } = db as unknown as { client: { destroyRawConnection(connection: object): Promise<void> } };
  const destroyed = client.destroyRawConnection.bind(client);
  const failing = jest.spyOn(client, 'destroyRawConnection').mockImplementation(async (connection) => {
    await destroyed(connection);
    throw new Error('not closed in good order');
  });
  const { logger, records } = recordedLog('debug');
  const holder = await connect().transaction();
  try {
    await holder.raw('lock table ??.invoice in access share mode', [org]);
    const error = await migrationError(addFieldToModel(org, 'invoice', added, db, { ...options, logger }));
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', blockedBy: [expect.anything()] });
    await until(() => records().some(({ reason }) => reason === 'not closed in good order'));
    expect(records()).toContainEqual(
      expect.objectContaining({ level: 'debug', message: 'CONNECTION BESIDE THE POOL' }),
    );
  } finally {
    await holder.rollback();
    failing.mockRestore();
  }
});

it('are named again after a connection beside the pool was never made', async () => {
  const [org = ''] = await tenants(1);
  const [{ proxy }, silent] = [await throughProxy(), await startSilentServer()];
  const holder = await connect().transaction();
  try {
    const db = connect({ connection: { connectionString: proxy.url } });
    const change = (): Promise<MigrationError> => migrationError(addFieldToModel(org, 'invoice', added, db, options));
    await db.raw('select 1');
    await holder.raw('lock table ??.invoice in access share mode', [org]);
    proxy.leadTo(silent.url);
    expect((await change()).blockedBy).toBeUndefined();
    proxy.leadTo(serverUrl());
    await until(async () => (await change()).blockedBy !== undefined);
  } finally {
    await holder.rollback();
    silent.close();
    await proxy.close();
  }
});
