// The table of options in docs/options.md, from the table that the library merges and checks them by.
import { RETRY_OPTIONS, TENANT_OPTIONS } from '../lib/options/options';
import type { OptionTable } from '../lib/options/option';

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
  const lines = [...linesOf(others), ...linesOf(RETRY_OPTIONS, 'retry.')];
  const order = Object.keys(MEANINGS);
  lines.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const head = ['| option | default | unit | meaning |', '| --- | --- | --- | --- |'];
  return [...head, ...lines.map(([, line]) => line)].join('\n');
}

function linesOf(table: OptionTable, prefix = ''): (readonly [name: string, line: string])[] {
  return Object.entries(table).map(([key, { default: value, unit = '' }]) => {
    const name = prefix + key;
    return [
      name,
      `| \`${name}\` | ${shown(key, value)} | ${unit} | ${MEANINGS[name as OptionName]} |`.replace(/ {2,}/g, ' '),
    ];
  });
}

function shown(key: string, value: unknown): string {
  if (typeof value === 'function') return MADE[key] ?? '';
  if (value === undefined) return 'none';
  return typeof value === 'number' ? String(value) : `\`${JSON.stringify(value).replaceAll('"', "'")}\``;
}
