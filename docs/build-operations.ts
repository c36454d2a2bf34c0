// npm run docs              writes docs/operations.md, docs/conversions.md, what docs/options.md and docs/rollouts.md have of the code, and
//                           what docs/online.md has of docs/live/results.json
// npm run docs -- --check   fails if one of them is out of date
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operationsDocument } from './operations-document';
import { conversionsDocument } from './conversions/document';
import { ledgerSql } from '../lib/rollout/ledger-tables';
import { withLiveSection } from './live-section';
import { optionsTable, rolloutOptionsTable } from './options-table';

const OPTIONS = /(<!-- options: [^\n]*\n).*?(?=\n<!-- end of options -->)/s;

const LEDGER = /(<!-- ledger: [^\n]*\n).*?(?=\n<!-- end of ledger -->)/s;

const texts: readonly (readonly [name: string, written: (current: string) => string])[] = [
  ['operations.md', operationsDocument],
  ['conversions.md', conversionsDocument],
  ['online.md', withLiveSection],
  ['options.md', (current) => current.replace(OPTIONS, (_all, start: string) => start + optionsTable())],
  [
    'rollouts.md',
    (current) =>
      current
        .replace(OPTIONS, (_all, start: string) => start + rolloutOptionsTable())
        .replace(LEDGER, (_all, start: string) => `${start}\`\`\`sql-of-admin\n${ledgerSql('service')}\n\`\`\``),
  ],
];

for (const [name, written] of texts) {
  const path = join(__dirname, name);
  const current = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const text = written(current);
  if (text === current) continue;
  if (process.argv.includes('--check')) {
    console.error(`docs/${name} is out of date. Run "npm run docs".`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
  }
}
