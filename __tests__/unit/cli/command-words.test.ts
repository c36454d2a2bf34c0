// What the library says to the caller of a function, in the words of the command line.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import * as library from '../../../lib';
import { inCommandWords, withoutAgain } from '../../../lib/cli/command-words';
import { operations } from '../../../lib/plan/operations';
import { root } from '../../support/markdown';

const OPTIONS = [
  ...['lockTimeoutMs', 'statementTimeoutMs', 'stageTimeoutMs', 'waitMs', 'sharedSchemas', 'maxAttempts', 'bakeMs'],
  ...['maxPerSecond', 'stopAfter', 'pageSize', 'acquireConnectionTimeout'],
];

/** A file of changes names its kinds, as the functions are named. */
const FUNCTIONS = Object.keys(library).filter((name) => /^[a-z]/.test(name) && !Object.hasOwn(operations, name));

const LIBRARY_WORDS = new RegExp(
  `\\b(?:${[...FUNCTIONS, ...OPTIONS].join('|')}|callback|(?:Knex|knex)\\b|whole transaction|same call|error\\.\\w+)`,
);

/** The knexfile has it. */
const OF_KNEXFILE = /(?:its|or) acquireConnectionTimeout/;

/** Sentences that no command can lead to: about arguments that the command line gives itself, or functions it does not call. */
const UNREACHABLE = [
  /^Reading all tenants of a server needs|^pageSize must/,
  /^previewConversion|^\$ takes a spec, which has no|withTenant the option model/,
  /^A logger or callback failed/,
  /^formatPlan takes/,
  /^The database must be a Knex|pass a Knex(?:, not|\.$)|^The tenant must be the tenant of withTenant|^the knex module/,
  /pg-mem/,
  /callback|^Use the tenant that withTenant|Leave COMMIT and ROLLBACK to withTenant/,
  /^Your transaction is|^The change is for org "\$", but the tenant/,
  /^withDbRetry takes/,
  /^dropTenant deletes|then call dropTenant again|renameTenant|^The database of "\$" must be/,
];

/** Every text of the library that has words of its callers, with `$` for what is put into it. */
function textsOf(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) texts.push(node.text);
    if (ts.isTemplateExpression(node)) {
      texts.push(node.head.text + node.templateSpans.map(({ literal }) => `$${literal.text}`).join(''));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}

const TEXTS = readdirSync(join(root, 'lib'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => !/lib\/(?:cli|testing)\//.test(path.replaceAll('\\', '/')))
  .flatMap(textsOf)
  // Not SQL, whose comments and settings are nobody's words.
  .filter((text) => / /.test(text) && LIBRARY_WORDS.test(text) && !/pg_catalog\.|^set /.test(text));

it.each(['apply', 'online apply', 'rollout start', 'inspect'])(
  'no message that %s can show has a word of the library',
  (command) => {
    expect(TEXTS.length).toBeGreaterThan(30);
    const shown = TEXTS.filter((text) => !UNREACHABLE.some((pattern) => pattern.test(text))).map((text) =>
      inCommandWords(text, { command, org: 'acme' }),
    );
    expect(shown.filter((text) => LIBRARY_WORDS.test(text.replace(OF_KNEXFILE, '')))).toEqual([]);
  },
);

it('has no sentence on its list of unreachable ones that the library does not have', () => {
  expect(UNREACHABLE.filter((pattern) => !TEXTS.some((text) => pattern.test(text)))).toEqual([]);
});

const LOST = 'The connection to PostgreSQL was lost (read ECONNRESET). Run the whole transaction again.';

it.each([
  ['inspect', LOST, /\. Nothing was changed\. Run the command again\.$/],
  ['apply', LOST, /\. Nothing was changed in "acme"\. Run the command again\.$/],
  ['rollout start', LOST, /\. The ledger has what was done: run the command again, and it goes on\.$/],
  ['online apply', LOST, /\. Run the command again: it goes on with what was begun\.$/],
  [
    'online apply',
    `Stage 1 of 2 ("build") failed. ${LOST} What was done is kept: the same call goes on with it, abandonOnline('acme', 'invoice', db) takes it back.`,
    /\(read ECONNRESET\)\. What was done is kept: the same command goes on with it, tenant-ddl online abandon invoice --org acme takes it back\.$/,
  ],
  [
    'online apply',
    `Stage 2 of 2 ("swap") has an unknown outcome. If onlineStatus('acme', db) lists the change, it is not finished: the same call goes on with it, abandonOnline('acme', 'invoice', db) takes it back.`,
    /\. If tenant-ddl online status --org acme lists the change, it is not finished: the same command goes on with it, tenant-ddl /,
  ],
  [
    'apply',
    'They waited. Nothing was changed. Run the whole transaction again.',
    /^They waited\. Nothing was changed in/,
  ],
  [
    'apply',
    'options.hazards.foo: unknown key; options.retry.maxAttempts: no',
    /^--allow-hazard foo: unknown key; --attempts: no$/,
  ],
  ['apply', 'options.sharedSchemas[0]: is a schema', /^--shared-schema: is a schema$/],
  ['rollout start', 'options.waves: a; options.stopAfter.failures: b', /^--waves: a; --stop-after: b$/],
  ['apply', 'There is no table "acme"."lockTimeoutMs".', /"acme"\."lockTimeoutMs"/],
])('%s says of %j', (command, message, shown) => {
  expect(inCommandWords(message, { command, org: 'acme' })).toMatch(shown);
});

it('does not tell to repeat what is about to be repeated', () => {
  expect(withoutAgain('They waited. Nothing was changed. Run the whole transaction again.')).toBe('They waited.');
  expect(withoutAgain(LOST)).toBe('The connection to PostgreSQL was lost (read ECONNRESET).');
});
