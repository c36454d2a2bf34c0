import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { formatPlan, planChange, planChanges, type Change, type Plan } from '../../../lib';

const ORG = 'acme-corp';

const addToken: Change = {
  kind: 'addField',
  table: 'invoice',
  field: { name: 'token', type: 'Uuid', default: { fn: 'uuid' } },
};

const addPayer: Change = {
  kind: 'addField',
  table: 'invoice',
  field: {
    name: 'payer_id',
    type: 'Int',
    references: { schema: ORG, table: 'customer', column: 'id', onDelete: 'CASCADE' },
  },
};

const plain = (plan: Plan): string => formatPlan(plan, { color: false });

it('shows the statements of a plan with their locks', () => {
  const plan = planChange(ORG, { kind: 'dropField', table: 'invoice', column: 'note' });
  expect(plain(plan)).toBe(
    `
acme-corp: 1 change, 1 statement

#  LOCKS                                  REWRITE  SCAN  SQL
1  AccessExclusiveLock acme-corp.invoice  no       no    alter table "acme-corp"."invoice" drop column "note"
`.trim(),
  );
});

it('shows a lock a line, and each hazard with its safer way', () => {
  expect(plain(planChanges(ORG, [addPayer, addToken]))).toBe(
    `
acme-corp: 2 changes, 2 statements

#  LOCKS                                     REWRITE  SCAN  SQL
1  AccessExclusiveLock acme-corp.invoice     no       no    alter table "acme-corp"."invoice" add column "payer_id" integer constraint "invoice_payer_id_fkey_5cdd8fee78e0" references "acme-corp"."customer" ("id") on delete cascade
   ShareRowExclusiveLock acme-corp.customer
2  AccessExclusiveLock acme-corp.invoice     yes      yes   alter table "acme-corp"."invoice" add column "token" pg_catalog.uuid default pg_catalog.gen_random_uuid()

hazard rewrite  Adding "token" rewrites every row of "invoice" and blocks reads until it is done.
  Safer: Use applyOnline, which fills the rows in batches while others read and write.
`.trim(),
  );
});

it('says none where a statement locks nothing that was there', () => {
  const plan = planChange(ORG, { kind: 'createModel', table: 'tag', fields: [{ name: 'id', type: 'Int' }] });
  expect(plain(plan).split('\n').slice(2)).toEqual([
    '#  LOCKS  REWRITE  SCAN  SQL',
    expect.stringMatching(/^1 {2}none {3}no {7}no {4}create table "acme-corp"."tag"/),
  ]);
});

it('shows an empty plan', () => {
  expect(plain(planChanges(ORG, []))).toBe('acme-corp: 0 changes, 0 statements\n\n#  LOCKS  REWRITE  SCAN  SQL');
});

it('numbers the statements, and keeps the columns in line past nine', () => {
  const lines = plain(
    planChanges(
      ORG,
      Array.from({ length: 11 }, () => addPayer),
    ),
  ).split('\n');
  expect(lines.filter((line) => /^\d/.test(line)).map((line) => line.slice(0, 3))).toEqual([
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `${number}  `),
    '10 ',
    '11 ',
  ]);
  const columns = lines.filter((line) => /^\d/.test(line)).map((line) => line.indexOf('alter table'));
  expect(new Set(columns).size).toBe(1);
});

it('reads the same from a plan that was stored as JSON', () => {
  const plan = planChanges(ORG, [addPayer, addToken]);
  expect(plain(JSON.parse(JSON.stringify(plan)) as Plan)).toBe(plain(plan));
});

it('has the same words in colour, and marks what is written anew', () => {
  const plan = planChanges(ORG, [addPayer, addToken]);
  const coloured = formatPlan(plan, { color: true });
  expect(stripVTControlCharacters(coloured)).toBe(plain(plan));
  const red = coloured.split('\n').filter((line) => line.includes('\u001b[31m'));
  expect(red.map((line) => stripVTControlCharacters(line))).toEqual([expect.stringMatching(/^2 .* yes /)]);
  expect(coloured).toContain('\u001b[33mhazard rewrite\u001b[39m');
});

it('has no colour where standard output is no terminal', () => {
  const script = `
    const { formatPlan, planChange } = require('./lib');
    process.stdout.write(formatPlan(planChange('o', { kind: 'dropModel', table: 't' })));`;
  const tsx = join(__dirname, '..', '..', '..', 'node_modules', '.bin', 'tsx');
  const shown = execFileSync(tsx, ['--eval', script], { encoding: 'utf8', cwd: join(__dirname, '..', '..', '..') });
  expect(shown).toBe(stripVTControlCharacters(shown));
  expect(shown).toContain('AccessExclusiveLock o.t');
});

describe('on a terminal', () => {
  const { isTTY } = process.stdout;
  const { NO_COLOR } = process.env;
  const plan = planChange(ORG, addToken);

  beforeEach(() => {
    process.stdout.isTTY = true;
    delete process.env.NO_COLOR;
  });

  afterEach(() => {
    process.stdout.isTTY = isTTY;
    if (NO_COLOR === undefined) delete process.env.NO_COLOR;
    else process.env.NO_COLOR = NO_COLOR;
  });

  it('is in colour', () => {
    expect(formatPlan(plan)).toBe(formatPlan(plan, { color: true }));
  });

  it('is in none where NO_COLOR says so, or the call does', () => {
    expect(formatPlan(plan, { color: false })).toBe(plain(plan));
    process.env.NO_COLOR = '1';
    expect(formatPlan(plan)).toBe(plain(plan));
  });
});
