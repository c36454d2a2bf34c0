import { quoted } from './text';

/** Where a message is shown, and about which tenant it is. */
export interface Spoken {
  /** Such as `rollout start`. */
  readonly command: string;
  /** Empty where it is about none. */
  readonly org?: string;
}

/**
 * The library's messages speak to the caller of its functions. These are their words for somebody who types a command:
 * flags for options, commands for functions. The kinds of changes, such as `addKey`, and their properties stay: a file
 * of changes has them.
 */
export function inCommandWords(message: string, spoken: Spoken): string {
  return WORDS.reduce(
    (said, [pattern, words]) => said.replace(pattern, (...match: string[]) => words(match, spoken)),
    message,
  );
}

/** Without the advice to do what is about to be done. */
export function withoutAgain(message: string): string {
  return message.replace(AGAIN, '').trimEnd();
}

const AGAIN = / ?(?:Nothing was changed\. )?Run the whole transaction again\./g;

const FROM_LEDGER = 'The ledger has what was done: run the command again, and it goes on.';
const FROM_RECORD = 'Run the command again: it goes on with what was begun.';

/** What to do about a failure that another attempt may not meet. Every other command only reads. */
const AGAIN_BY_COMMAND: Readonly<Record<string, string>> = {
  'rollout start': FROM_LEDGER,
  'rollout retry': FROM_LEDGER,
  'rollout pause': 'Run the command again.',
  'rollout resume': 'Run the command again.',
  'online apply': FROM_RECORD,
  'online abandon': FROM_RECORD,
};

function again({ command, org = '' }: Spoken): string {
  const where = org === '' || command !== 'apply' ? '' : ` in "${org}"`;
  return ` ${AGAIN_BY_COMMAND[command] ?? `Nothing was changed${where}. Run the command again.`}`;
}

function abandon(org = '', table = ''): string {
  return `tenant-ddl online abandon ${quoted(table)} --org ${quoted(org)}`;
}

function inspect({ org = '' }: Spoken): string {
  return `tenant-ddl inspect --org ${quoted(org)}`;
}

/** Not within quotes: a table may have any name. */
function option(name: string): RegExp {
  return new RegExp(`(?<!["\\w$-])(?:options\\.)?${name}(?:\\[\\d+\\])?(?!["\\w$])`, 'g');
}

type Words = (match: readonly string[], spoken: Spoken) => string;

/** A longer one comes before those that are a part of it. */
const WORDS: readonly (readonly [RegExp, Words])[] = [
  [/ Run the whole transaction again\.(?= What was done is kept)/g, () => ''],
  [AGAIN, (_, spoken) => again(spoken)],
  [
    /the same call goes on with it, abandonOnline\('(.*?)', '(.*?)', db\) takes/g,
    ([, org, table]) => `the same command goes on with it, ${abandon(org, table)} takes`,
  ],
  [
    /If onlineStatus\('(.*?)', db\) lists/g,
    ([, org]) => `If tenant-ddl online status --org ${quoted(org ?? '')} lists`,
  ],
  [
    /Call applyOnline (with that change .*?)abandonOnline\('(.*?)', '(.*?)', db\)/g,
    ([, middle = '', org, table]) => `Run online apply ${middle}${abandon(org, table)}`,
  ],
  [/Call applyOnline/g, () => 'Run online apply'],
  [/Use applyOnline/g, () => 'Use online apply'],
  [/(Use|with|use) applyChange\b/g, ([, word = '']) => `${word} apply`],
  [/(Check whether the change was applied)/g, ([, check = ''], spoken) => `${check} (${inspect(spoken)})`],
  [/Create it first: createTenant\(.*?\)/g, () => 'Create the schema first, or correct the org'],
  [/Create the tenant first/g, () => 'Create the schema first'],
  [/Compare the name with inspectTenant\(.*?\)/g, (_, spoken) => `Compare the name with: ${inspect(spoken)}`],
  [/; previewConversion\(.*?\) counts them/g, () => ''],
  [/Count (.*?) with previewConversion/g, ([, them = '']) => `Count ${them}`],
  [/\{ hazards: \{ (\w+): 'allow' \} \}/g, ([, kind = '']) => `--allow-hazard ${kind}`],
  [/, or give waitMs/g, () => ''],
  [/ \(see error\.dependents\)/g, () => ''],
  [
    /knex's pool had no connection to give.*/gs,
    () =>
      'No connection was free in time, and nothing was changed. Make the pool of the knexfile larger, or its acquireConnectionTimeout longer.',
  ],
  [
    /needs two connections at a time, and the pool has/g,
    () => 'needs two connections at a time, and the pool of the knexfile has',
  ],
  [/^(?:applyOnline|abandonOnline|rollOut with online)(?= needs|$)/g, (_, { command }) => command],
  [/Pass a Knex that connects to/g, () => 'Connect to'],
  [/one of sharedSchemas/g, () => 'one of the schemas of --shared-schema'],
  [/start it with rollOut\b/g, () => 'start it with rollout start'],
  [/: rollOut\(\{ name, changes \}, db, \{ orgs \}\)/g, () => ': --name <name>'],
  [/The Knex is for the client/g, () => 'The knexfile is for the client'],
  [
    /This library works on(.*?): knex\(\{ client: 'pg', … \}\)/g,
    ([, middle = '']) => `tenant-ddl works on${middle}: client: 'pg'`,
  ],
  [/ as prepareLedger creates it/g, () => ''],
  [/, then call prepareLedger/g, () => ', then run the command again'],
  [/ must be below statementTimeoutMs/g, () => ' must be below --statement-timeout'],
  [option('hazards\\.(\\w+)'), ([, kind = '']) => `--allow-hazard ${kind}`],
  [option('retry\\.maxAttempts'), () => '--attempts'],
  [option('stopAfter(?:\\.\\w+)?'), () => '--stop-after'],
  [option('lockTimeoutMs'), () => '--lock-timeout'],
  [option('statementTimeoutMs'), () => '--statement-timeout'],
  [option('stageTimeoutMs'), () => '--stage-timeout'],
  [option('sharedSchemas'), () => '--shared-schema'],
  [option('bakeMs'), () => '--bake'],
  [option('maxPerSecond'), () => '--max-per-second'],
  [/\boptions\.(connections|canary|waves|trial)(?:\[\d+\])?/g, ([, name = '']) => `--${name}`],
];
