// The library's files as JavaScript, in a folder of a test's own: a process that runs them starts as fast as the package.
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './markdown';

const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };

/**
 * Writes lib/, or one of its folders, as `dist` of a package.
 *
 * @param packages those of node_modules that it may load
 * @returns the program of the command line
 */
export function transpiled(folder: string, part: string, packages: readonly string[] | 'all'): string {
  for (const entry of readdirSync(join(root, 'lib', part), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const to = join(folder, 'dist', path.slice(join(root, 'lib').length)).replace(/ts$/, 'js');
    mkdirSync(join(to, '..'), { recursive: true });
    writeFileSync(to, ts.transpileModule(readFileSync(path, 'utf8'), { compilerOptions }).outputText);
  }
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  const modules = join(folder, 'node_modules');
  if (packages === 'all') symlinkSync(join(root, 'node_modules'), modules, 'junction');
  else {
    mkdirSync(modules);
    for (const name of packages) symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction');
  }
  return join(folder, 'dist', 'cli', 'main.js');
}
