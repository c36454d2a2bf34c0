import { formatRollout, type RolloutStatus } from '../../../lib';

const now = new Date();
const status: RolloutStatus = {
  name: '2026-11 invoice.status',
  hash: 'h',
  state: 'running',
  targets: 1000,
  done: 900,
  already: 0,
  failed: 9,
  skipped: 0,
  gone: 1,
  pending: 90,
  failures: [
    {
      code: 'UNIQUE_VIOLATION',
      operation: 'CREATE INDEX',
      table: 'invoice',
      constraint: 'k',
      count: 8,
      examples: ['a', 'b', 'c'],
    },
    { code: 'POOL_TIMEOUT', count: 1, examples: ['d'] },
  ],
  createdAt: now,
  startedAt: now,
};

it('prints a status', () => {
  expect(formatRollout(status)).toBe(`2026-11 invoice.status: running
  1000 tenants: 900 done, 9 failed, 1 gone, 90 pending
  8 × UNIQUE_VIOLATION, CREATE INDEX on "invoice", by "k": a, b, c, …
  1 × POOL_TIMEOUT: d`);
});

it('prints a report, with its trial and why it stopped', () => {
  const trial = { orgs: ['a', 'b'], failures: status.failures.slice(1), medianMs: 4, maxMs: 9 };
  const report = { ...status, failures: [], ended: 'stopped', reason: 'canary', durationMs: 8123, trial } as const;
  expect(formatRollout(report)).toBe(`2026-11 invoice.status: stopped (canary) in 8.1 s
  1000 tenants: 900 done, 9 failed, 1 gone, 90 pending
  trial: 2 tried, 1 failed; 4 ms a tenant, 9 ms at most
    1 × POOL_TIMEOUT: d`);
});

it('writes nothing to a terminal that it obeys', () => {
  expect(formatRollout({ ...status, name: 'a\u001b[2J\nb', failures: [] })).not.toMatch(/[\u001b]|\n.*b:/);
});
