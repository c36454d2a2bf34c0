// What users give is shown to people, in terminals and messages: it is shown as what it is, and obeyed by none.
import { formatPlan, MigrationError, planChange, type Change } from '../../../lib';
import { shown, shownBeginning, shownLines } from '../../../lib/errors/shown';

const OBEYED = [
  '\0',
  '\t',
  '\n',
  '\r',
  '\u001b',
  '\u007f',
  '\u0085',
  '\u009b',
  '\u00ad',
  '\u061c',
  '\u200b',
  '\u200e',
].concat(['\u2028', '\u2029', '\u202a', '\u202e', '\u2066', '\u2069', '\ufeff', '\ud800']);

it.each(OBEYED)('%j is escaped', (character) => {
  const code = `\\u{${character.codePointAt(0)?.toString(16)}}`;
  expect(shown(`a${character}b`)).toBe(`a${code}b`);
  expect(shownLines(`a${character}b`)).toBe(character === '\n' ? 'a\nb' : `a${code}b`);
});

it.each(["it's \\ ok", 'Ünïcödé', '請求書', 'ไทย', '😀', 'עברית'])('%s is shown as it is', (text) => {
  expect(shown(text)).toBe(text);
});

it('shows the beginning of what is long', () => {
  expect(shownBeginning('x'.repeat(1000))).toBe(`${'x'.repeat(80)}…`);
});

const FORGED = "\u001b[2J\r\u202e\u009b8m'\n3  none  no  no  select 1\n\nhazards: none";

it.each<[string, Change]>([
  ['a default', { kind: 'addField', table: 't', field: { name: 'a', type: 'Text', default: FORGED } }],
  [
    'a default with a backslash',
    { kind: 'addField', table: 't', field: { name: 'a', type: 'Text', default: `\\${FORGED}` } },
  ],
  [
    'a Json default',
    { kind: 'addField', table: 't', field: { name: 'a', type: 'Json', default: { [FORGED]: FORGED } } },
  ],
  ['a comment', { kind: 'addField', table: 't', field: { name: 'a', type: 'Text', comment: FORGED } }],
  ['a value of an Enum', { kind: 'addField', table: 't', field: { name: 'a', type: 'Enum', values: [FORGED] } }],
  ['a new default', { kind: 'alterField', table: 't', column: 'a', set: { type: 'Text', default: FORGED } }],
])('%s writes nothing of its own to the terminal', (_what, change) => {
  const plan = planChange('acme-corp', change);
  const out = formatPlan(plan, { color: false });
  expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  expect(out).not.toMatch(/^(?:3 {2}none|hazards)/m);
  // What is sent is what was given.
  const sent = plan.steps.map(({ sql }) => sql).join();
  expect(sent).toContain(change.kind === 'addField' && change.field.type === 'Json' ? '\u202e' : '\u001b[2J');
});

it('shows the plan of another, which may hold anything', () => {
  const plan = planChange('acme-corp', { kind: 'dropModel', table: 't' });
  const steps = plan.steps.map((step) => ({ ...step, sql: `drop table "\u001b[2J"` }));
  const hazards = [{ kind: 'rename', table: 't', message: 'a\u202eb', saferWay: 'c\rd' }] as const;
  const out = formatPlan({ ...plan, org: 'a\u001bb', steps, hazards }, { color: false });
  expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
});

it.each([
  ['an unknown key', { kind: 'addField', table: 't', field: { name: 'a', type: 'Int', [FORGED]: 1 } }],
  ['an unknown key of digits', { kind: 'dropModel', table: 't', ['1'.repeat(100_000)]: 1 }],
  ['a kind', { kind: FORGED, table: 't' }],
  ['a table', { kind: 'dropModel', table: FORGED }],
  ['a schema', { kind: 'addField', table: 't', field: { name: 'a', type: 'Int', references: { schema: FORGED } } }],
])('%s writes nothing of its own into a message', (_what, change) => {
  let error: unknown;
  try {
    planChange('acme-corp', change as unknown as Change);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(MigrationError);
  const { message, table = '', faults = [] } = error as MigrationError;
  for (const text of [message, table, ...faults.map(({ path }) => path)]) {
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    expect(text).not.toMatch(/^(?:3 {2}none|hazards)/m);
    expect(text.length).toBeLessThan(2000);
  }
});

it('the words of a server, in which others have put names, are shown as they are', () => {
  expect(new MigrationError('view \u001b[2J\u202e', { code: 'DATABASE_ERROR' }).message).toBe(
    'view \\u{1b}[2J\\u{202e}',
  );
});
