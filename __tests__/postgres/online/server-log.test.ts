// What planOnline shows is what the server's log has, statement by statement, with the settings of each.
import type { Knex } from 'knex';
import { applyChange, applyOnline, planOnline } from '../../../lib';
import { checkedChanges } from '../../../lib/plan/checked-changes';
import { onlineWay } from '../../../lib/plan/online/online-plan';
import type { FillStage, KeysStage, Stage } from '../../../lib/plan/online/stage';
import type { CheckedChange } from '../../../lib/plan/operations';
import type { Identifier } from '../../../lib/sql/identifier';
import { textOf } from '../../../lib/sql/statement';
import { KINDS } from '../../chaos/online/kinds';
import { quiet } from '../../support/log';
import { ORG, prepare, withInvoices } from '../../support/online';
import { connect } from '../../support/postgres';

const options = { logger: quiet, lockTimeoutMs: 170, statementTimeoutMs: 9000, stageTimeoutMs: 77_000 };

/** A pool whose sessions also get what the server writes into its log about statements. */
function witness(url: string): { readonly db: Knex; readonly log: string[] } {
  const log: string[] = [];
  const db = connect({
    connection: { connectionString: url, options: '-c log_statement=all -c client_min_messages=log' },
    pool: {
      min: 0,
      max: 3,
      afterCreate: (connection: Witnessed, done: () => void) => {
        connection.on('notice', ({ message }) => {
          const [, sql] = /^statement: (.*)$/s.exec(message) ?? [];
          if (sql !== undefined) log.push(sql);
        });
        done();
      },
    },
  });
  return { db, log };
}

interface Witnessed {
  on(event: 'notice', listener: (notice: { message: string }) => void): void;
}

/** The statements of one query: those of a block are one. */
function statementsIn(query: string): string[] {
  const statements: string[] = [];
  let tag: string | undefined;
  let from = 0;
  for (const { 0: found, index } of query.matchAll(/\$[A-Za-z_\d]*\$|;\n/g)) {
    if (found !== ';\n') tag = tag === undefined ? found : tag === found ? undefined : tag;
    else if (tag === undefined) {
      statements.push(query.slice(from, index));
      from = index + found.length;
    }
  }
  return [...statements, query.slice(from)].filter((sql) => !sql.startsWith('prepare '));
}

/** Around each transaction: its limits, the turn, the first lock, and whether the table is still the same. */
const FRAME = [
  /^begin isolation level read committed$/,
  /^set local lock_timeout = '170ms'$/,
  /^set local statement_timeout = '9000ms'$/,
  /pg_advisory_xact_lock|^execute tenant_ddl_\w*turn/,
  /^select pg_catalog.set_config\('tenant_ddl.lock_timeout', pg_catalog.current_setting\('lock_timeout'\), true\)$/,
  /^set local lock_timeout = '3000ms'$/,
  /^lock table "acme-corp"\."invoice" in share update exclusive mode$/,
  /^select pg_catalog.set_config\('lock_timeout', pg_catalog.current_setting\('tenant_ddl.lock_timeout'\), true\)$/,
  /^select case when \(pg_catalog.to_regclass\('"acme-corp"."invoice"'\)/,
  /^do \$\w*\$declare\n  until constant/,
];

/** What says in the record how far it has come. */
const MOVED = /^with tenant_ddl_row as \((update|delete from) "tenant_ddl"."online_change"/;

/** Has the log say what a stage says, and leaves what comes after it. */
function takeStage(log: string[], stage: Stage): void {
  if (stage.kind === 'transaction') {
    const { guards = [], steps, afterwards = [] } = stage;
    const found = takeTransaction(log);
    expect(found.slice(0, -1)).toEqual([
      ...guards.map(textOf),
      ...steps.map(({ sql }) => sql),
      ...afterwards.map(textOf),
    ]);
    expect(found.at(-1)).toMatch(MOVED);
    return;
  }
  if (stage.kind === 'fill') takeFill(log, stage);
  else if (stage.kind === 'keys') takeKeys(log, stage);
  else {
    skipLooks(log, stage.steps[0].sql);
    expect(log.shift()).toBe(stage.steps[0].sql);
  }
  // Each copy is built as the query of the stage has it.
  while (!/^begin/.test(log[0] ?? '') && !MOVED.test(log[0] ?? '')) {
    skipLooks(log);
    if (stage.kind !== 'copies' || !/^create (unique )?index concurrently /.test(log[0] ?? '')) break;
    log.shift();
  }
  if (log[0]?.startsWith('begin')) takeEnd(log);
  else expect(log.shift()).toMatch(MOVED);
}

/** The record's end, in a transaction that has an id. */
function takeEnd(log: string[]): void {
  const [begun, ended, identity, ...others] = statementsIn(log.shift() ?? '');
  expect([begun, others]).toEqual(['begin', []]);
  expect(ended).toMatch(/^with tenant_ddl_row as \(delete from "tenant_ddl"."online_change"/);
  expect(identity).toMatch(/^select pg_catalog.pg_current_xact_id\(\)/);
  expect(log.shift()).toBe('commit');
}

/** What is in it, without its frame. */
function takeTransaction(log: string[]): string[] {
  const found = statementsIn(log.shift() ?? '');
  FRAME.forEach((part, at) => expect(found[at]).toMatch(part));
  expect(log.shift()).toBe('commit');
  return found.slice(FRAME.length);
}

/** One of them after the other, until none is left. */
function takeKeys(log: string[], { left, steps }: KeysStage): void {
  for (;;) {
    expect(log.shift()).toBe(left);
    if (!log[0]?.startsWith('begin')) return;
    expect(takeTransaction(log)).toEqual([steps[0].sql]);
  }
}

function takeFill(log: string[], { set, todo, column }: FillStage): void {
  skipLooks(log);
  const batches: string[] = [];
  // A query for the keys of a batch comes before each, and has none after the last.
  while (/^with seen as materialized \(select /.test(log[0] ?? '')) {
    log.shift();
    if (/^with due as/.test(log[0] ?? '')) batches.push(log.shift() as string);
  }
  expect(batches.length).toBeGreaterThan(0);
  for (const batch of batches) {
    expect(batch).toContain(`and ${todo} order by`);
    expect(batch).toContain(`(update "acme-corp"."invoice" t set "${column}" = ${set} from due d`);
  }
  skipLooks(log);
  expect(log.shift()).toMatch(/^update "tenant_ddl"."online_change" set cursor_key = null/);
}

/** Queries, which change nothing, up to one. */
function skipLooks(log: string[], until?: string): void {
  while (log[0] !== until && /^select /.test(log[0] ?? '')) log.shift();
}

it.each(KINDS)('shows what the server runs: $name', ({ setup = [], before = [], change }) =>
  withInvoices(500, async (own, url) => {
    await prepare(own, ORG, setup);
    for (const each of before) await applyChange(ORG, each, own, { logger: quiet, hazards: 'allow' });
    const { db, log } = witness(url);
    const checked = checkedChanges(ORG as Identifier, [change], [])[0] as CheckedChange;
    const way = onlineWay(ORG as Identifier, checked);
    if (way.as !== 'stages') throw new Error('It has no stages.');
    const { stages } = planOnline(ORG, change);
    expect(stages.map(({ steps }) => steps)).toEqual(way.stages.map(({ steps }) => steps));
    await applyOnline(ORG, change, db, options);
    // The session's own limits come first, and go last.
    expect(log[0]).toContain(`('lock_timeout', '0'), ('statement_timeout', '77000'), ('transaction_timeout', '0')`);
    expect(log.at(-1)).toMatch(/set_config\(s.name, pg_catalog.current_setting\(pg_catalog.concat\('tenant_ddl.was_'/);
    const first = log.findIndex((sql) => sql.includes('insert into "tenant_ddl"."online_change"'));
    // Before: questions, and the table of records where there was none.
    const earlier = log.slice(0, first).filter((sql) => !/^create schema "tenant_ddl"/.test(sql));
    expect(earlier.filter((sql) => !/^(select|do) /.test(sql))).toEqual([]);
    const rest = log.slice(first + 1);
    for (const stage of way.stages) takeStage(rest, stage);
    expect(rest).toHaveLength(2);
    expect(rest[0]).toMatch(/^select pg_catalog.pg_advisory_unlock/);
    expect(stages.map(({ limit }) => limit)).toEqual(way.stages.map(limitOf));
    await db.destroy();
  }),
);

function limitOf({ kind }: Stage): string {
  return kind === 'transaction' || kind === 'keys' ? 'lockTimeoutMs' : kind === 'fill' ? 'batchMs' : 'stageTimeoutMs';
}
