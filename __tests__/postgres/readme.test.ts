import { format, stripVTControlCharacters } from 'node:util';
import * as knexModule from 'knex';
import type { Knex } from 'knex';
import ts from 'typescript';
import * as lib from '../../lib';
import * as testing from '../../lib/testing';
import { documents, evaluate, moduleOf, snippetsOf, type Snippet } from '../support/markdown';
import { quiet } from '../support/log';
import { inOwnDatabase } from '../support/own-database';

/** What a snippet did that its document can show. */
interface Ran {
  readonly results: lib.ChangeResult[];
  readonly printed: string[];
  readonly logged: string[];
}

it.each(documents())('%s does what it shows, read from top to bottom', async (document) => {
  await inOwnDatabase(async (url, db) => {
    for (const snippet of snippetsOf(document)) {
      try {
        compare(snippet, await run(snippet, url, db));
      } catch (error) {
        if (error instanceof Error) error.message = `${snippet.place}: ${error.message}`;
        throw error;
      }
    }
  });
});

it('takes the migration of the documents for each tenant alone, too', async () => {
  const migration = snippetsOf('docs/changing-tables.md').find(({ code }) => code.includes('export async function up'));
  await inOwnDatabase(async (url, db) => {
    const code = `${migration?.code}\nexport const config = { transaction: false };`;
    const ran = await run({ ...(migration as Snippet), code }, url, db);
    expect(ran.results.map(({ changes }) => changes[0]?.kind)).toEqual(['addField', 'dropField', 'addField']);
  });
});

it('writes its log records in the order that the documents show', async () => {
  const snippet = snippetsOf('docs/options.md').find(({ shown }) => shown.json !== undefined);
  await inOwnDatabase(async (url, db) => {
    await lib.createTenant('acme-corp', db, { logger: quiet });
    await db.schema.withSchema('acme-corp').createTable('payment', (table) => void table.text('id'));
    const { logged } = await run(snippet as Snippet, url, db);
    const keys = (line = ''): string[] => Object.keys(JSON.parse(line) as object);
    expect(keys(logged[0])).toEqual(keys(snippet?.shown.json));
  });
});

async function run(snippet: Snippet, url: string, db: Knex): Promise<Ran> {
  const ran: Ran = { results: [], printed: [], logged: [] };
  const pools: Knex[] = [];
  const tests: (() => Promise<void>)[] = [];
  const modules: Record<string, unknown> = {
    knex: (config: Knex.Config) => {
      const pool = knexModule.knex(config);
      pools.push(pool);
      return pool;
    },
    'tenant-ddl': recorded(lib, ran.results),
    'tenant-ddl/testing': testing,
  };
  const environment = process.env.DATABASE_URL;
  const spies = [
    jest.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void ran.printed.push(format(...values))),
    // Where winston writes.
    jest.spyOn((console as unknown as { _stdout: NodeJS.WriteStream })._stdout, 'write').mockImplementation((text) => {
      ran.logged.push(String(text));
      return true;
    }),
  ];
  try {
    process.env.DATABASE_URL = url;
    const exports = evaluated(moduleOf(snippet), modules, (_name: string, test: () => Promise<void>) =>
      tests.push(test),
    );
    await exports.run(db);
    if (exports.up !== undefined) await migrate(db, exports);
    for (const test of tests) await test();
  } finally {
    process.env.DATABASE_URL = environment;
    spies.forEach((spy) => spy.mockRestore());
    for (const pool of pools) await pool.destroy();
  }
  return ran;
}

interface Exports {
  readonly run: (db: Knex) => Promise<void>;
  readonly up?: Knex.Migration['up'];
  readonly down?: Knex.Migration['down'];
}

function evaluated(source: string, modules: Readonly<Record<string, unknown>>, test: unknown): Exports {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
  const { outputText } = ts.transpileModule(source, { compilerOptions });
  const exports: Record<string, unknown> = {};
  const load = (name: string): unknown => modules[name] ?? jest.requireActual(name);
  evaluate(outputText, { require: load, exports, test });
  return exports as unknown as Exports;
}

/** The functions of a module, with every ChangeResult that they give kept. */
function recorded(module: object, results: lib.ChangeResult[]): object {
  const record = (given: unknown): unknown => {
    if (typeof given === 'object' && given !== null && 'statements' in given) results.push(given as lib.ChangeResult);
    // What tenantDdl gives has the same functions.
    if (typeof given === 'object' && given !== null && 'withTenant' in given) return recorded(given, results);
    return given;
  };
  const entries = Object.entries(module).map(([name, value]: [string, unknown]) => {
    // MigrationError has to stay the class that it is.
    if (typeof value !== 'function' || value === lib.MigrationError) return [name, value];
    return [
      name,
      (...given: unknown[]): unknown => {
        const result: unknown = value(...given);
        return result instanceof Promise ? result.then(record) : record(result);
      },
    ];
  });
  return Object.fromEntries(entries);
}

/** Up, down and up again, by knex itself. */
async function migrate(db: Knex, migration: Exports): Promise<void> {
  const migrationSource = {
    getMigrations: () => Promise.resolve(['snippet']),
    getMigrationName: (name: string) => name,
    getMigration: () => Promise.resolve(migration as Knex.Migration),
  };
  const tableName = 'migrations';
  await db.migrate.latest({ migrationSource, tableName });
  await db.migrate.rollback({ migrationSource, tableName });
  await db.migrate.latest({ migrationSource, tableName });
}

function compare({ shown }: Snippet, { results, printed, logged }: Ran): void {
  const statements = results.flatMap((result) => result.statements);
  if (shown.sql !== undefined) expect(statements.map(normal)).toEqual(shown.sql.split(';').map(normal).filter(Boolean));
  if (shown.text !== undefined) expect(stripVTControlCharacters(printed.join('\n'))).toBe(shown.text.trimEnd());
  if (shown.json !== undefined) expect(logged.map(record)).toEqual(shown.json.trimEnd().split('\n').map(record));
  for (const result of results) {
    const { org, changes, statements: ran } = result;
    if (changes.length === 0) continue;
    const stepsOf = (change: lib.Change): readonly lib.Step[] =>
      'stages' in result
        ? lib.planOnline(org, change).stages.flatMap(({ steps }) => steps)
        : lib.planChange(org, change).steps;
    const planned = changes.flatMap(stepsOf);
    expect(planned.map(({ sql }) => sql)).toEqual(ran);
  }
}

/** One statement on one line. */
function normal(sql: string): string {
  return sql.replace(/\s+/g, ' ').replace(/\( /g, '(').replace(/ \)/g, ')').trim();
}

/** A log record without what is different each time. */
function record(line: string): object {
  const { durationMs, timestamp, ...rest } = JSON.parse(line) as Record<string, unknown>;
  return { ...rest, durationMs: typeof durationMs, timestamp: typeof timestamp };
}
