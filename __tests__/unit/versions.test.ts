// The table of supported versions says what the scripts run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, tableOf } from '../support/markdown';

const rows = tableOf('docs/upgrades.md', 'checked on');
const script = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

const versions = JSON.parse(script('__tests__', 'support', 'postgres-versions.json')) as Record<string, string>;

it('names every PostgreSQL of the matrix, and those that CI runs', () => {
  const others = `PostgreSQL ${Object.keys(versions).join(', ')}`;
  expect(rows.filter(([on]) => on === others).map(([, , when]) => when)).toEqual(['every change', 'before a release']);
  expect(script('.ci', 'run')).toContain(`--short ${Object.keys(versions).join(' ')} debian ordinary-role`);
});

it('names every Node of the script', () => {
  const named = /: \{ '20\.0\.0': \[look\], (20): .* (22): .* (24): /.exec(script('__tests__', 'support', 'nodes.mjs'));
  expect(rows.map(([on]) => on)).toContain(`Node ${named?.slice(1).join(', ')}`);
  expect(rows.map(([on]) => on)).toContain('Node 20.0');
});
