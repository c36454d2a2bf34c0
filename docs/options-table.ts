// The tables of options in docs/options.md and docs/rollouts.md, from the table that the library merges and checks them by.
import { CHANGE_OPTIONS, RETRY_OPTIONS, TENANT_OPTIONS } from '../lib/options/options';
import type { OptionTable } from '../lib/options/option';
import { ONLINE_ROLLOUT_OPTIONS } from '../lib/rollout/online-rollout-options';
import { ROLLOUT_OPTIONS, STOP_OPTIONS } from '../lib/rollout/rollout-options';

type OptionName = Exclude<keyof typeof TENANT_OPTIONS, 'retry'> | `retry.${keyof typeof RETRY_OPTIONS}`;

/** What each option means. The compiler names one that is missing. */
const MEANINGS: { readonly [Name in OptionName]: string } = {
  lockTimeoutMs:
    'how long to wait for each lock; other readers queue behind the waiting change. Must be below `statementTimeoutMs`',
  statementTimeoutMs: 'how long each statement may take',
  'retry.maxAttempts': 'total, including the first; 1 means no retry',
  'retry.delayMs':
    'upper bound of the first wait; doubles with each attempt. The actual wait is random, from 0 up to it',
  'retry.maxDelayMs': 'upper bound of every wait',
  'retry.deadlineMs': 'no attempt begins later than this after the first',
  'retry.signal':
    'an `AbortSignal` that ends the waiting. If it is already aborted, the call is refused with `ABORTED`',
  'retry.onRetry': 'called with `{ error, attempt, delayMs }` before each wait',
  logger: 'where records go; see [The log](#the-log). `false` logs nothing',
  sharedSchemas: "schemas besides the org's own that a reference can name; they are also in the `search_path`",
  hazards: "`'refuse'`, `'warn'` or `'allow'`, for all kinds or for each; see [Hazards](plans.md#hazards)",
  turn: "`withTenant` only: changes to one org take turns. The transaction takes its turn with its first `'change'`, or at its `'start'`. Use `'start'` if callbacks run at the same time, write to a table and then change it. After a deadlock or a lock timeout, further attempts take it at the start anyway",
  model: '`withTenant` only: the table for a `createModel` that is called with only a list of fields',
};

/** What a default that is made when it is needed is called. */
const MADE: Readonly<Record<string, string>> = { logger: 'winston, JSON on the console' };

export function optionsTable(): string {
  const { retry: _retry, ...others } = TENANT_OPTIONS;
  return tableOf([...linesOf(others, MEANINGS), ...linesOf(RETRY_OPTIONS, MEANINGS, 'retry.')], MEANINGS);
}

type RolloutOptionName =
  | Exclude<keyof typeof ROLLOUT_OPTIONS, keyof typeof CHANGE_OPTIONS | 'stopAfter'>
  | `stopAfter.${keyof typeof STOP_OPTIONS}`
  | `online.${keyof typeof ONLINE_ROLLOUT_OPTIONS}`;

const ROLLOUT_MEANINGS: { readonly [Name in RolloutOptionName]: string } = {
  orgs: 'the tenants: a list, an (async) iterable, or a function that returns one. A function is called again at the end, to find tenants that were created in the meantime. Optional if the rollout goes on from an earlier call',
  connections: 'how many tenants are changed at a time, on each server. The pool needs as many connections',
  canary: 'the tenants that come first, as a number or a list of orgs; if one of them fails, the rollout stops',
  waves: 'the sizes of the waves after the canary; the remaining tenants are the last wave',
  bakeMs: 'how long to wait after each wave but the last',
  check: 'called after each wave but the last and its wait. If it returns `false` or throws, the rollout stops',
  'stopAfter.failures':
    'stops at this number of failures since the rollout began or last went on; `stopAfter: false` means never',
  'stopAfter.ratio': 'stops if this share of the tenants tried since then has failed, once `of` were tried',
  'stopAfter.of': 'the number of tenants from which `ratio` counts',
  maxPerSecond: 'the maximum number of tenants per second, in each process',
  maxLagMs: 'waits while a standby is further behind than this, if the role may see `pg_stat_replication`',
  trial: 'on how many tenants to try the changes first, each in a transaction that is rolled back',
  ifThere:
    "`'fail'`, or `'adopt'`: count a tenant as `already` if inspection finds that it has everything that the changes add, equal in every respect. Changes that do more than add are never adopted",
  online:
    '`true`, or the five options below: changes that would block a large table run in stages, as `applyOnline` makes them; see [Large tables](#large-tables)',
  'online.fromRows': 'from how many rows on a table is large, as PostgreSQL estimates them',
  'online.lockTimeoutMs': 'how long a stage waits for a lock that blocks others, in each attempt',
  'online.stageTimeoutMs': 'how long a statement that blocks no one may take',
  'online.batchMs': 'how long a batch of rows should take',
  'online.maxLagMs':
    'waits between two batches while a standby is further behind than this; without it, `maxLagMs` of the rollout counts',
  retryFailed: 'also retries tenants whose failure was permanent, such as a missing table',
  seed: 'the seed of the order of the tenants; it is kept with the rollout',
  onProgress: 'called at most once a second, and at the end',
  queue: 'a started pg-boss; see [Several processes](#several-processes)',
  signal: 'an `AbortSignal` that ends the call after the tenants in hand',
};

/** What is made up when it is needed. */
const ROLLOUT_MADE: Readonly<Record<string, string>> = { seed: 'random', online: '`false`' };

export function rolloutOptionsTable(): string {
  const { stopAfter: _stopAfter, ...all } = ROLLOUT_OPTIONS;
  const own = Object.fromEntries(Object.entries(all).filter(([name]) => !(name in CHANGE_OPTIONS)));
  return tableOf(
    [
      ...linesOf(own, ROLLOUT_MEANINGS),
      ...linesOf(STOP_OPTIONS, ROLLOUT_MEANINGS, 'stopAfter.'),
      ...linesOf(ONLINE_ROLLOUT_OPTIONS, ROLLOUT_MEANINGS, 'online.'),
    ],
    ROLLOUT_MEANINGS,
  );
}

type Line = readonly [name: string, line: string];

function tableOf(lines: Line[], meanings: Readonly<Record<string, string>>): string {
  const order = Object.keys(meanings);
  lines.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const head = ['| option | default | unit | meaning |', '| --- | --- | --- | --- |'];
  return [...head, ...lines.map(([, line]) => line)].join('\n');
}

function linesOf(table: OptionTable, meanings: Readonly<Record<string, string>>, prefix = ''): Line[] {
  return Object.entries(table).map(([key, { default: value, unit = '' }]) => {
    const name = prefix + key;
    return [name, `| \`${name}\` | ${shown(key, value)} | ${unit} | ${meanings[name]} |`.replace(/ {2,}/g, ' ')];
  });
}

function shown(key: string, value: unknown): string {
  if (typeof value === 'function') return MADE[key] ?? '';
  if (value === undefined) return ROLLOUT_MADE[key] ?? 'none';
  if (typeof value === 'number') return String(value);
  return `\`${JSON.stringify(value).replaceAll('"', "'").replaceAll(',', ', ')}\``;
}
