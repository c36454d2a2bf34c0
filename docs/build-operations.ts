// npm run docs              writes docs/operations.md
// npm run docs -- --check   fails if it is out of date
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operationsDocument } from './operations-document';

const path = join(__dirname, 'operations.md');
const text = operationsDocument();
const isCurrent = existsSync(path) && readFileSync(path, 'utf8') === text;

if (process.argv.includes('--check')) {
  if (!isCurrent) console.error('docs/operations.md is out of date. Run "npm run docs".');
  process.exitCode = isCurrent ? 0 : 1;
} else if (!isCurrent) {
  writeFileSync(path, text);
}
