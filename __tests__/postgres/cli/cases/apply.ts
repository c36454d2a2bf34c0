// What the commands for plain changes end with.
import type { Case } from '../../../support/cli-cases';

export const APPLY_CASES: readonly Case[] = [
  { args: 'plan status.json --org t-0', code: 0, stdout: /alter table "t-0"\."invoice" add column "status"/ },
  { args: 'plan status.json --orgs-like %', code: 0, stdout: /\nThe same for t-1, t-2\.\n$/ },
  { args: 'plan - --org t-0', code: 0, stdout: /drop table/, given: { stdin: '{"kind":"dropModel","table":"a"}' } },
  {
    args: 'plan faulty.json --org t-0',
    code: 1,
    stderr:
      /^faulty\.json:4: \[0\]\.field\.typ: unknown key; did you mean "type"\?\nfaulty\.json:3: \[0\]\.field\.type: is missing\n$/,
  },
  { args: 'plan secret.json --org t-0', code: 1, stderr: /^secret\.json:8: \[0\]\.field\.default: / },
  { args: 'plan broken.json --org t-0', code: 1, stderr: /^broken\.json:2:35: this is not JSON: invalid symbol\.\n$/ },
  { args: 'plan empty.json --org t-0', code: 1, stderr: /^empty\.json has no changes\.\n$/ },
  { args: 'plan number.json --org t-0', code: 1, stderr: /^number\.json must be a list of changes/ },
  { args: 'plan nothing.json --org t-0', code: 1, stderr: /^There is no file nothing\.json\.\n$/ },
  { args: 'plan --org t-0', code: 64, stderr: /missing required argument/ },
  {
    args: 'plan status.json --org t-0 --shared-schema pg_x',
    code: 64,
    stderr: /^--shared-schema: is a schema of Post/,
  },
  {
    args: 'plan status.json --org t-0 --shared-schema t-0',
    code: 1,
    stderr: /^The org "t-0" is one of the schemas of --shared-sch/,
  },

  { args: 'apply status.json --org t-1', code: 0, stdout: /^t-1: 1 change in 1 statement/, changed: ['t-1'] },
  {
    args: 'apply status.json --orgs-like t-%',
    code: 0,
    stdout: /^t-0: .*\nt-1: .*\nt-2: /,
    changed: ['t-0', 't-1', 't-2'],
  },
  {
    args: 'apply status.json --orgs-like t-%',
    before: `alter table "t-1".invoice add status int`,
    code: 1,
    stdout: /^t-0: [^\n]*\n$/,
    stderr:
      /^.*"status".*\nNot run for 1 tenant, from "t-2" on\.\nChanged in 1 tenant before that: leave them out when you run the command again\.\n$/,
    changed: ['t-0', 't-1'],
  },
  { args: 'apply drop.json --org t-0', code: 64, stderr: /^This deletes, in 1 tenant:\n.*confirm with --yes/s },
  { args: 'apply drop.json --org t-0 --yes', code: 0, stdout: /^t-0: 1 change/ },
  { args: 'apply drop.json --orgs-like t-%', code: 0, stdout: /t-2: 1 change/, given: { typed: '3\n' } },
  { args: 'apply drop.json --orgs-like t-%', code: 1, stderr: /Not confirmed\. Nothing/, given: { typed: '1\n' } },
  { args: 'apply drop.json --orgs-like t-%', code: 1, stderr: /Not confirmed\. Nothing/, given: { typed: '' } },
  { args: 'apply secret.json --org t-0', code: 1, stderr: /^secret\.json:8: / },
  { args: 'apply status.json', code: 64, stderr: /^No tenant/ },
  { args: 'apply status.json --org t-0 --lock-timeout 0', code: 64, stderr: /^--lock-timeout: must be a whole number/ },
  { args: 'apply status.json --org t-0 --allow-hazard foo', code: 64, stderr: /^--allow-hazard foo: unknown key/ },
  {
    args: 'apply status.json --org none',
    code: 1,
    stderr: /^Schema "none" does not exist\. Create the schema first, or/,
  },
  {
    args: 'apply status.json --org t-0',
    code: 130,
    stderr: /^Not run for 1 tenant/,
    given: { signal: AbortSignal.abort() },
    changed: [],
  },
];
