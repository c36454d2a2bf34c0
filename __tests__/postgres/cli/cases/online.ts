// What the commands for changes of tables in use end with.
import type { Case } from '../../../support/cli-cases';

export const ONLINE_CASES: readonly Case[] = [
  { args: 'online plan by-id.json --org t-0', code: 0, stdout: /create index concurrently/ },
  { args: 'online plan faulty.json --org t-0', code: 1, stderr: /^faulty\.json:4: / },
  { args: 'online plan by-id.json', code: 64, stderr: /required option '--org <org>'/ },
  { args: 'online apply by-id.json --org t-0', code: 0, stdout: /^t-0: .* ms\n$/ },
  { args: 'online apply by-id.json --org nobody', code: 1, stderr: /nobody/ },
  { args: 'online apply drop.json --org t-0', code: 64, stderr: /confirm with --yes/ },
  {
    args: 'online apply by-id.json --org t-0',
    code: 130,
    stderr: /^Interrupted\.\n$/,
    given: { signal: AbortSignal.abort() },
  },
  { args: 'online status --orgs-like t-%', code: 0, stdout: /^No online change is unfinished\.\n$/ },
  {
    args: 'online status --org t-0',
    code: 1,
    stderr: /ECONNREFUSED/,
    given: { url: 'postgres://127.0.0.1:1/nowhere' },
  },
  {
    args: 'online status --org t-0',
    isCut: true,
    code: 2,
    stdout: /^t-0\.invoice: stage 1 of 1, build index, begun [^,]+, not running: apply goes on with it, abandon takes/,
  },
  {
    args: 'online abandon invoice --org t-0',
    isCut: true,
    code: 0,
    stdout: /^Taken back: addIndex\.\n$/,
  },
  {
    args: 'online abandon invoice --org t-0',
    code: 1,
    stderr: /ECONNREFUSED/,
    given: { url: 'postgres://127.0.0.1:1/nowhere' },
  },
  { args: 'online status --org t-0', code: 130, stderr: /^Interrupted\.\n$/, given: { signal: AbortSignal.abort() } },
  { args: 'online status', code: 64, stderr: /^No tenant/ },
  { args: 'online abandon invoice --org t-0', code: 0, stdout: /^None was begun\.\n$/ },
  { args: 'online abandon --org t-0', code: 64, stderr: /missing required argument 'table'/ },
];
