// What a caller gives may be a class's, a proxy, or have getters: each property is read once, and own ones only.
import { planChange, type Change } from '../../../lib';

const injected = ['0; drop schema globex'];

function over<T extends object>(prototype: object, own: T): T {
  return Object.assign(Object.create(Object.assign(Object.create(null) as object, prototype)) as T, own);
}

/** Says `first` when it is read first, and `later` from then on. */
function turning<T extends object>(own: T, key: string, first: unknown, later: unknown): T {
  let reads = 0;
  return Object.defineProperty(own, key, {
    enumerable: true,
    get: () => {
      reads += 1;
      return reads === 1 ? first : later;
    },
  });
}

const added = (field: object): Change => ({ kind: 'addField', table: 'invoice', field }) as Change;
const created = (field: object): Change => ({ kind: 'createModel', table: 'invoice', fields: [field] }) as Change;
const altered = (set: object): Change => ({ kind: 'alterField', table: 'invoice', column: 'no', set });

const field = (): object => ({ name: 'no', type: 'Int', default: injected });

describe.each<[string, (change: object) => Change, object]>([
  ['addField', added, field()],
  ['createModel', created, field()],
  ['alterField', altered, { type: 'Int', default: injected }],
])('%s', (_kind, change, spec) => {
  it.each<[string, (given: object) => object]>([
    ['stands on a prototype', (given) => over({ length: 5 }, given)],
    ['is there when it is read again', (given) => turning({ ...given }, 'length', undefined, 5)],
    ['is right when it is read again', (given) => turning({ ...given }, 'length', 'x', 5)],
  ])('judges a default although an option %s', (_what, made) => {
    const message = expect.stringMatching(/default: must be a whole number|length: /) as string;
    expect(() => planChange('acme-corp', change(made(spec)))).toThrow(
      expect.objectContaining({ code: 'INVALID_SPEC', message }),
    );
  });
});

it.each([
  [
    'addField',
    added,
    'field',
    { name: 'no', type: 'Decimal', precision: 3, scale: 1, default: '1.5', nullable: false },
  ],
  ['alterField', altered, 'set', { type: 'Decimal', precision: 3, scale: 1, default: '1.5', nullable: false }],
] as const)('reads each property of %s once', (_kind, change, key, spec) => {
  const reads: string[] = [];
  const counted = new Proxy<object>(spec, {
    get: (target, name, receiver): unknown => {
      reads.push(String(name));
      return Reflect.get(target, name, receiver);
    },
  });
  const plan = planChange('acme-corp', change(counted));
  expect(plan.changes[0]).toMatchObject({ [key]: spec });
  expect(reads.filter((name) => name === 'default')).toEqual(['default']);
  expect(reads.sort()).toEqual([...new Set(reads)]);
});

it('keeps of a Json default what it has judged', () => {
  const value = turning({}, 'a', 'good', '\0');
  const { changes, steps } = planChange('acme-corp', added({ name: 'meta', type: 'Json', default: value }));
  expect(steps[0]?.sql).toBe(
    `alter table "acme-corp"."invoice" add column "meta" pg_catalog.jsonb default '{"a":"good"}'::pg_catalog.jsonb`,
  );
  expect(changes[0]).toMatchObject({ field: { default: { a: 'good' } } });
});
