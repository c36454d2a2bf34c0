// npm run example: installs what only the example needs, where that is missing, and starts it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

if (!existsSync(new URL('node_modules/fastify', import.meta.url))) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  console.log('Installing what only the example needs, once. This takes a few seconds.');
  const options = { cwd: here, stdio: 'inherit', shell: process.platform === 'win32' };
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], options);
  if (status !== 0) process.exit(status ?? 1);
}

// `tenant-ddl` is lib/ here, by the paths of the tsconfig.
process.env.TSX_TSCONFIG_PATH = fileURLToPath(new URL('tsconfig.json', import.meta.url));
const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('main.ts', import.meta.url))], {
  stdio: 'inherit',
});
// It ends by itself, after its database; Ctrl-C reaches both.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => (process.exitCode = code ?? 1));
