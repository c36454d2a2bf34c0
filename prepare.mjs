// npm runs this after `npm ci` here, and where the package is installed from git: then dist/ has to be made once.
// Without the development dependencies there is nothing to make it with, and `npm pack` builds anew by itself.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

if (!existsSync('dist/index.js') && hasCompiler()) {
  const { status } = spawnSync('npm run build', { shell: true, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

function hasCompiler() {
  try {
    createRequire(import.meta.url).resolve('typescript');
    return true;
  } catch {
    return false;
  }
}
