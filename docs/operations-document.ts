import { inspect } from 'node:util';
import { planChange, type Change, type Hazard, type Lock, type ModelSpec, type Plan, type Step } from '../lib';
import { isBlock } from '../lib/sql/server-check';
import { operations, type ChangeKind } from '../lib/plan/operations';
import { HAZARD_KINDS, LOCK_MODES, type LockMode } from '../lib/plan/plan';
import { allExamples, EXAMPLE_MODELS, MAJORS, ORG, ROWS, SHARED, SHARED_MODEL, type Example } from './examples';

/** What others can't do meanwhile (manual 13.3.1, Conflicting Lock Modes). */
const BLOCKS: Readonly<Partial<Record<LockMode, string>>> = {
  AccessExclusiveLock: 'reads and writes',
  ShareRowExclusiveLock: 'writes',
  ShareLock: 'writes',
  ShareUpdateExclusiveLock: 'neither; another change of the same table waits',
};

/** What no example shows. */
const NOTES: Readonly<Partial<Record<ChangeKind, string>>> = {
  createModel: `Nobody can use a table before it is committed, so that only the tables it refers to are locked for others. \`createModels\` makes several in one round trip: their foreign keys come last, in the same order for everybody.`,
  addField: `One statement, whatever the field brings along: PostgreSQL then knows that a new field without a default is empty in every row, and reads none for its foreign key.`,
  dropField: `An index, key, check or statistics over other fields too would go along without a word: the change is refused, with their names, until \`cascade\` names them. A foreign key is dropped under a lock on the table that it refers to. No plan knows that table by itself: name it in \`referencing\`, and the plan is complete. It changes nothing of what runs.`,
  renameField: `The keys, indexes and checks whose names were derived from the field's get the names that they would have if it had always been called so. The names that you gave stay.`,
  alterField: `Only what \`set\` names is changed. \`from\` is the type that the field has: with it the plan knows whether the table is rewritten; without it, a change of type is planned as a rewrite. A change of the type of a field that refers to another, or that another refers to, makes the foreign key anew under a lock on the table at its other end: name that one in \`referencing\`, and the plan is complete.`,
  renameModel: `As with a field, the derived names follow.`,
  dropModel: `Refused while another table or a view needs it. As with a field, name the tables that it refers to in \`referencing\`, and the plan is complete.`,
  addIndex: `Inside the transaction, like everything here. \`CREATE INDEX CONCURRENTLY\` blocks nobody, but can't run in one.`,
  dropIndex: `Refused where the index is another table's: the names of indexes are the schema's.`,
};

/** docs/operations.md, from the registry. */
export function operationsDocument(): string {
  const examples = allExamples();
  const parts = [
    '<!-- Made by `npm run docs` from the registry of operations. Change that instead. -->',
    '# What each operation runs, locks, rewrites and scans',
    'A plan says this before anything runs: `planChange(org, change)` gives it as data, `formatPlan(plan)` for a person to read.',
    `Every example below is run by \`__tests__/postgres/proof.test.ts\`, which compares its plan with what the server shows: \`pg_locks\`, the file of the table before and after, the rows that were read, and the server's own messages at DEBUG1. **${examples.length} examples on PostgreSQL ${listed(MAJORS.map(String))}: ${examples.length * MAJORS.length} rows proved.**`,
    lockTable(),
    'Locks last until the transaction ends. *Rewrite*: every row is written anew. *Scan*: every row is read. Both take the longer the larger the table is, and hold the lock meanwhile.',
    `A hazard is what can hurt a table in use. ${listed(hazardKinds(true))} count only where the table has rows, ${hazardKinds(false).join(', ')} always. The option \`hazards\` says what is done about it.`,
    '## The tables of the examples',
    modelTable(),
    `Each has ${ROWS.toLocaleString('en')} rows, but for \`setting\`, which is empty, and \`${SHARED}.currency\`, which has a few.`,
    ...(Object.keys(operations) as ChangeKind[]).flatMap((kind) =>
      operationParts(
        kind,
        examples.filter((example) => example.kind === kind),
      ),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function hazardKinds(onRowsOnly: boolean): string[] {
  return Object.entries(HAZARD_KINDS)
    .filter(([, kind]) => kind.onRowsOnly === onRowsOnly)
    .map(([kind]) => `\`${kind}\``);
}

function lockTable(): string {
  const modes = [...LOCK_MODES].reverse().filter((mode) => BLOCKS[mode] !== undefined);
  return table(
    ['lock', 'blocks'],
    modes.map((mode) => [`\`${mode}\``, BLOCKS[mode] ?? '']),
  );
}

function modelTable(): string {
  return table(
    ['table', 'fields'],
    [
      ...EXAMPLE_MODELS.map((model) => [`\`${model.table}\``, fieldsOf(model)]),
      [`\`${SHARED}.${SHARED_MODEL.table}\``, fieldsOf(SHARED_MODEL)],
    ],
  );
}

function fieldsOf({ fields, indexes = [] }: ModelSpec): string {
  const named = fields.map(({ name, type, length, precision, scale, nullable, unique, references }) => {
    const options = [length, precision, scale].filter((option) => option !== undefined);
    return [
      `\`${name}\` ${type}${options.length > 0 ? `(${options.join(', ')})` : ''}`,
      ...(nullable === false ? ['not nullable'] : []),
      ...(unique === true ? ['unique'] : []),
      ...(references === undefined ? [] : [`refers to \`${references.table}\``]),
    ].join(' ');
  });
  const indexed = indexes.map(({ name, columns }) => `index ${name ?? ''}(${columns.join(', ')})`);
  return [...named, ...indexed].join('; ');
}

function operationParts(kind: ChangeKind, examples: readonly Example[]): string[] {
  const plans = examples.map(({ variant, change }) => ({ variant, change, plan: planChange(ORG, change) }));
  const rows = plans.map(({ variant, plan }) => [
    `[${variant}](#${anchor(title(kind, variant))})`,
    locksOf(plan),
    yesOrNo(plan.steps, ({ rewritesTable }) => rewritesTable),
    yesOrNo(plan.steps, ({ scansTable }) => scansTable),
    plan.hazards.map((hazard) => `\`${hazard.kind}\``).join(', ') || 'none',
  ]);
  return [
    `## ${kind}`,
    ...(NOTES[kind] === undefined ? [] : [NOTES[kind]]),
    table(['variant', 'locks', 'rewrite', 'scan', 'hazards'], rows),
    ...plans.flatMap(({ variant, change, plan }) => [
      `### ${title(kind, variant)}`,
      `\`\`\`js\n${asCode(change)}\n\`\`\``,
      `\`\`\`sql\n${plan.steps.map(({ sql }) => shown(sql)).join('\n')}\n\`\`\``,
      ...plan.hazards.map(hazardLine),
    ]),
  ];
}

function asCode(change: Change): string {
  const code = inspect(change, { depth: null, breakLength: 110, compact: 4 });
  return code.replaceAll('[ ', '[').replaceAll(' ]', ']');
}

function title(kind: ChangeKind, variant: string): string {
  return `${kind}: ${variant}`;
}

/** As GitHub makes it of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** The strongest on each table. */
function locksOf({ steps }: Plan): string {
  const byTable = new Map<string, Lock>();
  for (const lock of steps.flatMap(({ locks }) => locks)) {
    const key = lock.schema === ORG ? lock.table : `${lock.schema}.${lock.table}`;
    const other = byTable.get(key);
    if (other === undefined || LOCK_MODES.indexOf(lock.mode) > LOCK_MODES.indexOf(other.mode)) byTable.set(key, lock);
  }
  return [...byTable].map(([name, { mode }]) => `${mode} on \`${name}\``).join('<br>') || 'none';
}

function yesOrNo(steps: readonly Step[], is: (step: Step) => boolean): string {
  return steps.some(is) ? '**yes**' : 'no';
}

/** A block that looks into the catalog is pages long, and the same for all. */
function shown(sql: string): string {
  return isBlock(sql)
    ? 'do $tenant_ddl$ … $tenant_ddl$; -- renames what has a name derived from the old one'
    : `${sql};`;
}

function hazardLine({ kind, message, saferWay }: Hazard): string {
  return `Hazard \`${kind}\`: ${message} **Safer:** ${saferWay}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function listed(items: readonly string[]): string {
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
