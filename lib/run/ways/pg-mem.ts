import type { Knex } from 'knex';
import { MigrationError } from '../../errors';
import { GUARD_STATES, isBlock } from '../../sql/server-check';
import type { Identifier } from '../../sql/identifier';
import type { Settings } from '../../options/options';
import { isOwnLock } from '../../sql/own-lock';
import { isQuery, plainSql } from '../../sql/statement';
import type { Subject } from '../../plan/subject';
import { joined } from '../wire/batch';
import { explainedError } from '../failures/message';
import { explainedErrorInMemory } from '../failures/pg-mem-failures';
import { refuseReferences } from './pg-mem-references';
import { memorySql } from './pg-mem-sql';
import { memoryOf, sharedIndexes, tableIn, watchNumbers, type MemoryTable } from './pg-mem-tables';
import { send, type Answer } from '../wire/send';
import type { Work } from '../work';

/**
 * pg-mem: only the statements. It has no savepoints, advisory locks, transaction ids or timeouts; the effect of a change
 * on the tables is the same.
 */
export async function runInMemory(
  { org, statements, subjects }: Work,
  db: Knex,
  _settings: Settings,
): Promise<readonly Answer[]> {
  const texts = statements.flatMap((statement) => (isQuery(statement) ? [] : [plainSql(statement)]));
  for (const [cannot, pattern] of UNSUPPORTED) {
    if (!texts.some((sql) => pattern.test(sql))) continue;
    throw new MigrationError(
      `pg-mem cannot ${cannot}, and nothing was changed. Test this change on a PostgreSQL server.`,
      { code: 'UNSUPPORTED_DATABASE', org, table: subjects.length === 1 ? subjects[0]?.table : undefined },
    );
  }
  refuseShared(db, org, subjects);
  const run = texts.filter(isKnown);
  refuseReferences(db, org, run);
  const memory = memoryOf(db);
  const drafts = new Map<string, MemoryTable>();
  const tableOf = (name: string): MemoryTable => draftOf(name, memory, drafts);
  const known = run.flatMap((sql) => memorySql(sql, tableOf));
  try {
    const answers = await send(db, joined(known));
    keep(db, org, run, drafts);
    return answers;
  } catch (error) {
    throw explainedErrorInMemory(withoutStatement(error), org, subjects);
  }
}

const UNSUPPORTED: readonly (readonly [cannot: string, RegExp])[] = [
  // It converts no values, or not all of them as PostgreSQL does.
  ['change the type of a column', /\balter column "[^"]+" type /],
  ['hold the elements of an array to values', /\bcheck \("[^"]+" operator\(pg_catalog\.<@\) array\[/],
  [
    'make two nulls alike in a unique index',
    /^(?:do \$\w+\$begin\n {2}execute \$\w+\$)?create unique index [^']* nulls not distinct\b/,
  ],
];

/** pg-mem has no such catalogs. */
function isKnown(sql: string): boolean {
  return !isBlock(sql) && !isOwnLock(sql);
}

/** pg-mem ends its message, and the stack, with the statement, whose values must not be logged. */
function withoutStatement(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const [message = ''] = error.message.split('\n', 1);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  error.message = message;
  error.stack = [`${error.name}: ${message}`, ...frames].join('\n');
  return error;
}

/** What a change says about its tables counts once it has run. */
function draftOf(name: string, memory: ReturnType<typeof memoryOf>, drafts: Map<string, MemoryTable>): MemoryTable {
  const known = drafts.get(name);
  if (known !== undefined) return known;
  const { checks, numbers } = tableIn(memory, name);
  const made = { checks: new Map(checks), numbers: new Map(numbers) };
  drafts.set(name, made);
  return made;
}

function keep(
  db: Knex,
  org: Identifier,
  statements: readonly string[],
  drafts: ReadonlyMap<string, MemoryTable>,
): void {
  const memory = memoryOf(db);
  for (const [name, { checks, numbers }] of drafts) {
    const table = tableIn(memory, name);
    replace(table.checks, checks);
    replace(table.numbers, numbers);
  }
  for (const statement of statements) {
    const created = /^create table ("[^"]+"\."([^"]+)")/.exec(statement);
    const renamed = /^alter table ("[^"]+"\.)("[^"]+") rename to ("[^"]+")$/.exec(statement);
    const dropped = /^drop table (\S+)$/.exec(statement)?.[1];
    if (created !== null) watchNumbers(db, org, created[2] ?? '', tableIn(memory, created[1] ?? ''));
    if (renamed !== null) {
      const [, schema = '', from = '', to = ''] = renamed;
      memory.tables.set(schema + to, tableIn(memory, schema + from));
      memory.tables.delete(schema + from);
    }
    if (dropped !== undefined) memory.tables.delete(dropped);
  }
}

function replace<K, V>(map: Map<K, V>, by: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of by) map.set(key, value);
}

/** The indexes that would be dropped silently with a field: on a server, the guard reads catalogs that pg-mem lacks. */
function refuseShared(db: Knex, org: Identifier, subjects: readonly Subject[]): void {
  for (const effect of subjects.flatMap(({ effects }) => effects)) {
    if (effect.verb !== 'drops' || effect.of !== 'column') continue;
    const { table, column, cascade = [] } = effect;
    const names = sharedIndexes(db, org, table, column).filter((name) => !cascade.includes(name));
    if (names.length === 0) continue;
    const reason = Object.assign(new Error(names.join(', ')), { code: GUARD_STATES.dependents });
    throw explainedError(reason, { code: 'DEPENDENT_OBJECTS', retryScope: 'none', org, table, column });
  }
}

/** What `search_path` does on a server: tables without a schema are the org's. */
export function defaultToSchema(db: Knex, org: Identifier): void {
  const client = db.client as { queryBuilder: () => Knex.QueryBuilder };
  const queryBuilder = client.queryBuilder.bind(client);
  client.queryBuilder = () => queryBuilder().withSchema(org);
}
