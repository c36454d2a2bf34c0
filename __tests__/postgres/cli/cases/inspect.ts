// What the commands that read tables back end with.
import type { Case } from '../../../support/cli-cases';

export const INSPECT_CASES: readonly Case[] = [
  { args: 'inspect --org t-0', code: 0, stdout: /^t-0: 1 table\n {2}invoice\n {4}id {2}Int {2}primary key\n$/ },
  { args: 'inspect invoice --org t-0 --org t-1', code: 0, stdout: /^t-0: 1 table\n[^]*\nt-1: 1 table\n/ },
  { args: 'inspect --orgs-like t-%', code: 0, stdout: /^t-0: [^]*\nt-1: [^]*\nt-2: / },
  { args: 'inspect --org nobody', code: 1, stderr: /no schema "nobody"/ },
  { args: 'inspect missing --org t-0', code: 1, stderr: /no table "missing"/ },
  { args: 'inspect --orgs-like x%', code: 1, stderr: /^No schema is like "x%"\.\n$/ },
  {
    args: 'inspect --org t-0',
    code: 1,
    stderr: /^The connection to PostgreSQL [^\n]*ECONNREFUSED 127\.0\.0\.1:1[^\n]*\n$/,
    given: { url: 'postgres://me:hunter2-value@127.0.0.1:1/nowhere' },
  },
  {
    args: 'inspect --orgs-like t-%',
    code: 1,
    stderr: /^The connection [^\n]*ECONNREFUSED 127\.0\.0\.1:1\)\. Nothing was changed\. Run the command again\.\n$/,
    given: { url: 'postgres://me:hunter2-value@127.0.0.1:1/nowhere' },
  },
  { args: 'inspect --org t-0', code: 130, stderr: /^Interrupted\.\n$/, given: { signal: AbortSignal.abort() } },
  { args: 'inspect', code: 64, stderr: /^No tenant: give --org/ },
  { args: 'inspect --org t-0 --colour', code: 64, stderr: /unknown option '--colour'/ },
  {
    args: 'inspect --org t-0',
    code: 64,
    stderr: /^No database: set DATABASE_URL/,
    given: { env: { DATABASE_URL: '' } },
  },

  { args: 'drift models.json', code: 0, stdout: /^3 of 3 tenants are as desired\.\n$/ },
  { args: 'drift models.json --org t-0', code: 0, stdout: /^1 of 1 tenant is as desired\.\n$/ },
  {
    args: 'drift models.json',
    before: `alter table "t-1".invoice add note text default 'hunter2-value'; create table "t-2".other ()`,
    code: 2,
    stdout: /^1 tenant: invoice\.note is not a field of the model \(t-1\)\n1 tenant: other is not among/,
  },
  { args: 'drift models.json --org t-0 --org nobody', code: 1, stdout: /1 tenant without a schema: nobody/ },
  { args: 'drift faulty-models.json', code: 1, stderr: /^faulty-models\.json:6: \[0\]\.fields\[0\]\.typ: unknown key/ },
  { args: 'drift number.json', code: 1, stderr: /^number\.json must be a list of models/ },
  {
    args: 'drift models.json --orgs-like t-% --out x.json',
    code: 64,
    stderr: /^--out writes the changes for one tenant/,
  },
  { args: 'drift models.json', code: 130, stderr: /^Interrupted\.\n$/, given: { signal: AbortSignal.abort() } },
];
