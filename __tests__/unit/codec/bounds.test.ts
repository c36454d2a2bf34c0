// A spec may come straight from a request: what is too much is refused at once, with its bound, and never by a RangeError.
import { MigrationError, planChange, planChanges, type Change } from '../../../lib';
import { BOUNDS } from '../../../lib/codec/bounds';
import { shownBeginning } from '../../../lib/errors/shown';

const ORG = 'acme-corp';
const added = (field: object, beside: object = {}): Change => ({
  kind: 'addField',
  table: 't',
  field: { name: 'a', type: 'Text', ...field },
  ...beside,
});
const created = (rest: object): Change => ({
  kind: 'createModel',
  table: 't',
  fields: [{ name: 'id', type: 'Int' }],
  ...rest,
});
const many = <T>(count: number, of: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => of(index));

/** A graph of few objects that unfolds to `times ** levels`, as aliases of YAML make it. */
/** What this process has computed, whatever else the machine does meanwhile. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function unfolding(levels: number, times: number, inner: unknown): unknown {
  let value = inner;
  for (let level = 0; level < levels; level += 1) value = Array(times).fill(value);
  return value;
}

function refusal(work: () => unknown): MigrationError {
  try {
    work();
  } catch (error) {
    if (error instanceof MigrationError) return error;
    throw error;
  }
  throw new Error('It was planned.');
}

const LONG = 'x'.repeat(20_000_000);
const TEXT = `must be at most ${BOUNDS.textBytes} bytes in UTF-8`;
const VALUES = `exceeds the limit of ${BOUNDS.values} values in one call`;

const TOO_MUCH: Record<string, [Change, path: string, message: string]> = {
  'a long default of a String': [added({ type: 'String', default: LONG }), 'field.default', TEXT],
  'a long default of a Text': [added({ default: LONG }), 'field.default', TEXT],
  'a default whose characters are few and bytes are many': [
    added({ default: '€'.repeat(BOUNDS.textBytes / 2) }),
    'field.default',
    TEXT,
  ],
  'a long text in a Json default': [added({ type: 'Json', default: [{ a: LONG }] }), 'field.default[0].a', TEXT],
  'a long default of a Decimal': [
    added({ type: 'Decimal', default: '9'.repeat(BOUNDS.textBytes + 1) }),
    'field.default',
    TEXT,
  ],
  'a long comment': [added({ comment: LONG }), 'field.comment', TEXT],
  'a long comment on a model': [created({ comment: LONG }), 'comment', TEXT],
  'a long value of an Enum': [added({ type: 'Enum', values: ['a', LONG] }), 'field.values[1]', TEXT],
  'long base64': [added({ type: 'Bytes', default: { base64: LONG } }), 'field.default.base64', TEXT],
  'many bytes': [
    added({ type: 'Bytes', default: Buffer.alloc(BOUNDS.textBytes) }),
    'field.default',
    `must be at most ${(BOUNDS.textBytes / 4) * 3} bytes`,
  ],
  'a long name': [added({ name: LONG }), 'field.name', TEXT],
  'a long key': [added({ [LONG]: 1 }), `field.${shownBeginning(LONG)}`, TEXT],
  'a Json default that unfolds': [
    added({ type: 'Json', default: unfolding(30, 2, 1) }),
    `field.default${'[0]'.repeat(2)}`,
    VALUES,
  ],
  'an unknown key that unfolds': [added({}, { junk: unfolding(6, 60, {}) }), 'junk[0]', VALUES],
  'Enums of many values on many fields': [
    created({ fields: many(1500, (i) => ({ name: `f${i}`, type: 'Enum', values: many(5000, (j) => `v${j}`) })) }),
    'fields[99].values',
    VALUES,
  ],
  'a change without end': [
    (() => {
      const circle: Record<string, unknown> = { kind: 'addField' };
      circle.field = circle;
      return circle as unknown as Change;
    })(),
    'field.field',
    `must be at most ${BOUNDS.depth} levels deep`,
  ],
};

it.each(Object.entries(TOO_MUCH))('refuses %s at once', (_what, [change, path, message]) => {
  const before = process.memoryUsage().heapUsed;
  const startedAt = cpuMs();
  const error = refusal(() => planChange(ORG, change));
  expect(cpuMs() - startedAt).toBeLessThan(2000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200_000_000);
  expect(error.code).toBe('INVALID_SPEC');
  expect(error.faults).toHaveLength(1);
  expect(error.faults?.[0]?.message).toBe(message);
  expect(error.faults?.[0]?.path.startsWith(path)).toBe(true);
  expect(error.message.length).toBeLessThan(1000);
});

it('counts the values and texts of all changes of a call', () => {
  const change = added({ default: 'x'.repeat(0.9 * BOUNDS.textBytes) });
  expect(planChanges(ORG, [change, change]).steps).toHaveLength(2);
  const error = refusal(() => planChanges(ORG, Array<Change>(10).fill(change)));
  expect(error.faults).toEqual([
    {
      path: 'field.default',
      message: `exceeds the limit of ${BOUNDS.allTextBytes} bytes in UTF-8 for all texts of one call`,
    },
  ]);
});

it('takes so many changes in a call, and no more', () => {
  const change: Change = { kind: 'dropModel', table: 't' };
  expect(planChanges(ORG, Array<Change>(1000).fill(change)).steps).toHaveLength(1000);
  const error = refusal(() => planChanges(ORG, Array<Change>(BOUNDS.changes + 1).fill(change)));
  expect(error.message).toBe('There must be at most 10000 changes in one call, not 10001.');
});

it('lists so many faults, and says that there are more', () => {
  const keys = Object.fromEntries(many(125_000, (index) => [`k${index}`, 1]));
  const fields = many(1000, (index) => ({ name: `a b${index}`, type: 'Nope' }));
  for (const change of [added(keys), created({ fields })]) {
    const error = refusal(() => planChange(ORG, change));
    expect(error.faults).toHaveLength(BOUNDS.faults);
    expect(error.message.split('\n').at(-1)).toBe(`  … and more: these are the first ${BOUNDS.faults} faults`);
  }
});

it('refuses what throws when it is read, without its words', () => {
  const secret = {
    get comment(): string {
      throw new Error('hunter2');
    },
  };
  const error = refusal(() => planChange(ORG, added({}, { field: secret })));
  expect(error.faults).toEqual([{ path: 'field.comment', message: 'cannot be read: reading it throws' }]);
  expect(String(error.stack)).not.toContain('hunter2');
});

it.each([
  ['the longest text', added({ default: 'x'.repeat(BOUNDS.textBytes) })],
  ['the longest text of quotes', added({ default: "'".repeat(BOUNDS.textBytes) })],
  ['the longest text of backslashes', added({ default: '\\'.repeat(BOUNDS.textBytes) })],
  ['the longest bytes', added({ type: 'Bytes', default: Buffer.alloc((BOUNDS.textBytes / 4) * 3) })],
  ['the longest String', added({ type: 'String', length: 500_000, default: '😀'.repeat(250_000) })],
  ['a Json default that is wide', added({ type: 'Json', default: many(400_000, (index) => index) })],
] as const)('plans %s, and the same from its own JSON', (_what, change) => {
  const startedAt = cpuMs();
  const plan = planChange(ORG, change);
  expect(cpuMs() - startedAt).toBeLessThan(2000);
  expect(planChange(ORG, JSON.parse(JSON.stringify(plan.changes[0])) as Change)).toEqual(plan);
});
