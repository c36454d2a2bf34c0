// A record of TLS that is damaged at COMMIT leaves both possible. What happened is found out, and the change is there once.
import type { Knex } from 'knex';
import { addFieldToModel, withTenant } from '../../../lib';
import type { ChangeOptions } from '../../../lib';
import { startTlsLine } from '../../chaos/tls-line';
import type { TlsLine } from '../../chaos/tls-line';
import { NOT_DURABLE, startPostgres } from '../../support/embedded-postgres';
import type { EmbeddedPostgres } from '../../support/embedded-postgres';
import { quiet } from '../../support/log';
import { connect, freshOrg } from '../../support/postgres';
import { selfSigned } from '../../support/self-signed';
import { columnsOf } from '../../support/through-proxy';

const BATCH = /\balter table\b/i;
const FATE = /pg_xact_status/;
const options: ChangeOptions = { logger: quiet, retry: { delayMs: 1 } };
const amount = { name: 'amount', type: 'Float' } as const;

const ways = {
  withTenant: (db: Knex, org: string) =>
    withTenant(org, db, (tenant) => addFieldToModel(org, 'invoice', amount, tenant), options),
  'a bare Knex': (db: Knex, org: string) => addFieldToModel(org, 'invoice', amount, db, options),
};

const certificate = selfSigned();
const describeTls = certificate === undefined ? describe.skip : describe;

describeTls('over TLS', () => {
  let server: EmbeddedPostgres;
  let line: TlsLine;
  let db: Knex;
  let admin: Knex;
  let sent: string[];
  let org: string;

  beforeAll(async () => {
    const major = Number(process.env.POSTGRES_MAJOR ?? 18);
    server = await startPostgres({ major, settings: { ...NOT_DURABLE, ...certificate?.settings } });
    line = await startTlsLine(server.url);
  });
  afterAll(async () => {
    await line.close();
    await server.stop();
    certificate?.remove();
  });
  beforeEach(async () => {
    sent = [];
    org = freshOrg();
    admin = connect({ connection: { connectionString: server.url } });
    await admin.raw('create schema ??', [org]);
    await admin.raw('create table ??.invoice (id int primary key)', [org]);
    // knex tells the console of each connection that is lost.
    db = line.connect({ client: 'pg', connection: {}, log: { warn: () => undefined } });
    db.on('query', ({ sql }: { sql: string }) => void sent.push(sql));
  });
  afterEach(async () => {
    await db.destroy();
    await admin.destroy();
  });

  const count = (pattern: RegExp): number => sent.filter((sql) => pattern.test(sql)).length;

  describe.each(Object.entries(ways))('%s', (_name, change) => {
    // The server has committed before it answers, and has nothing to commit of a question that it could not read.
    it.each([
      ['answer', 1],
      ['question', 2],
    ] as const)('is there once where the %s is damaged at COMMIT', async (side, batches) => {
      const strike = line.strikeAt(/^commit\b/i, 1, { side, which: 9 });
      await change(db, org);
      strike.end();
      expect(strike.hasStruck()).toBe(true);
      expect(await columnsOf(admin, org)).toEqual(['id', 'amount']);
      expect(count(FATE)).toBeGreaterThan(0);
      expect(count(BATCH)).toBe(batches);
      const { rows } = await db.raw('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
      expect(rows).toEqual([{ ssl: true }]);
    });
  });
});
