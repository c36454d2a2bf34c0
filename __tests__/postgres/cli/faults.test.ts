// What commands write when the connection fails at any point: no password, no value of a row, no stack.
// The long form is npm run chaos:cli.
import * as childProcess from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startProxy } from '../../chaos/proxy';
import { FAULTS, playCommands, type Round } from '../../chaos/cli/rounds';
import { rowsOf } from '../../../lib/cli/own-query';
import { inOwnDatabase } from '../../support/own-database';
import { connect } from '../../support/postgres';
import { rejection } from '../../support/rejection';
import { withTenants } from '../../support/rollout';
import { transpiled } from '../../support/transpiled';

const execFile = promisify(childProcess.execFile);

jest.setTimeout(180_000);

/** Jest takes what pg throws on a garbled answer for a failure of the test. */
const CATCHABLE = FAULTS.filter((fault) => fault !== 'garbled');

it('no password, no value of a row and no stack is in the output of any command under any fault', async () => {
  await inOwnDatabase(async (url, db) => {
    const rounds: Round[] = [];
    for await (const round of playCommands(url, db, { seed: 1, rounds: 90, faults: CATCHABLE })) rounds.push(round);
    expect(rounds.filter(({ violations }) => violations.length > 0)).toEqual([]);
    const struck = rounds.filter(({ hasStruck }) => hasStruck);
    expect([...new Set(struck.map(({ fault }) => fault))].sort()).toEqual([...CATCHABLE].sort());
    expect(struck.filter(({ code }) => code !== 0).length).toBeGreaterThan(20);
  });
});

it('a query of the command line ends where the server says nothing any more', async () => {
  await inOwnDatabase(async (url) => {
    const proxy = await startProxy(url);
    const db = connect({ connection: { connectionString: proxy.url }, log: { warn: () => undefined } });
    try {
      for (const silentAt of [/^begin/, /^set local/, /^select/]) {
        const remove = proxy.onExchange(({ sql }) => (silentAt.test(sql) ? new Promise(() => undefined) : undefined));
        expect(await rejection(rowsOf(db, 'select 1', [], 200))).toMatchObject({ code: 'CONNECTION_LOST' });
        remove();
      }
      expect(await rowsOf(db, 'select 1 as one', [])).toEqual([{ one: 1 }]);
    } finally {
      await db.destroy();
      await proxy.close();
    }
  });
});

it('a process whose driver cannot read an answer says so without a stack, and ends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-faults-test-'));
  try {
    const program = transpiled(folder, '.', 'all');
    await withTenants(1, async (_db, _orgs, url) => {
      const proxy = await startProxy(url);
      try {
        proxy.onExchange(async (exchange) => {
          if (!/^select n\.nspname/.test(exchange.sql)) return;
          await exchange.ask();
          // After ParseComplete and BindComplete: the number of columns, which is then more than there are.
          exchange.answerGarbled(16);
        });
        const args = [program, 'inspect', '--orgs-like', 't-%', '--json'];
        const env = { ...process.env, DATABASE_URL: proxy.url };
        const { code, stdout, stderr } = await execFile(process.execPath, args, { env }).then(
          (ended) => ({ code: 0, ...ended }),
          (error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => error,
        );
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: expect.stringMatching(/^The driver [^\n]*RangeError[^\n]*\n$/),
        });
        expect(JSON.parse(stdout)).toMatchObject({ version: 1, error: { code: 'REFUSED' } });
      } finally {
        await proxy.close();
      }
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
