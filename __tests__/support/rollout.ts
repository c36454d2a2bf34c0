// What the tests of rollouts share: a database of many tenants, and what is in it afterwards.
import type { Knex } from 'knex';
import type { Change, RolloutCounts, RolloutReport } from '../../lib';
import { inOwnDatabase } from './own-database';

/** One column. */
export const STATUS: readonly Change[] = [
  { kind: 'addField', table: 'invoice', field: { name: 'status', type: 'String', default: 'draft' } },
];

/** Runs in a database of its own, with so many tenants that have a table `invoice`. */
export async function withTenants(
  count: number,
  run: (db: Knex, orgs: readonly string[], url: string) => Promise<void>,
): Promise<void> {
  await inOwnDatabase(async (url, db) => {
    const orgs = Array.from({ length: count }, (_, index) => `t-${index}`);
    await createTenants(db, orgs);
    await run(db, orgs, url);
  });
}

export async function createTenants(db: Knex, orgs: readonly string[]): Promise<void> {
  for (let at = 0; at < orgs.length; at += 100) {
    const some = orgs.slice(at, at + 100);
    await db.raw(
      some.map((org) => `create schema "${org}"; create table "${org}".invoice (id int primary key)`).join(';'),
    );
  }
}

/** The orgs whose invoice has the column, in their order. */
export async function withStatus(db: Knex): Promise<string[]> {
  const { rows } = await db.raw(
    `select table_schema as org from information_schema.columns where table_name = 'invoice' and column_name = 'status'`,
  );
  return rows.map(({ org }: { org: string }) => org).sort();
}

/** The orgs with an outcome, in the order of their turns. */
export async function inLedger(db: Knex, outcome: string): Promise<string[]> {
  const { rows } = await db.raw('select org from tenant_ddl.rollout_tenant where outcome = ? order by place', [
    outcome,
  ]);
  return rows.map(({ org }: { org: string }) => org);
}

/** The counts of a report, and that they add up. */
export function countsOf(report: RolloutCounts): Partial<RolloutCounts> {
  const { targets, done, already, failed, skipped, gone, pending } = report;
  expect(done + already + failed + skipped + gone + pending).toBe(targets);
  const counts = { targets, done, already, failed, skipped, gone, pending };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

export function failuresOf({ failures }: RolloutReport): unknown[] {
  return failures.map(({ examples: _, ...failure }) => failure);
}
