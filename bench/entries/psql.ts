import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSchema, createTables } from '../sql.ts';
import type { Entry } from './entry.ts';

const run = promisify(execFile);

/** PostgreSQL's own program; its start and its connection are part of what it costs. */
export const psql: Entry = {
  name: 'psql',
  how: 'psql -1 -f, with its start',
  kind: 'limit',
  isAvailable: () => spawnSync('psql', ['--version']).status === 0,
  open: async ({ url }) => {
    const folder = await mkdtemp(join(tmpdir(), 'tenant-ddl-bench-'));
    const file = join(folder, 'provision.sql');
    return {
      provision: async (org, models, { schema }) => {
        const statements = [...(schema ? [createSchema(org)] : []), ...createTables(org, models)];
        await writeFile(file, `${statements.join(';\n')};\n`);
        await run('psql', ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '-1', '-f', file, url]);
      },
      close: () => rm(folder, { recursive: true }),
    };
  },
};
