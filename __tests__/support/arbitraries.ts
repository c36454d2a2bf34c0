// Random specs, and random strings for every place in one.
import * as fc from './fast-check';
import type { FieldSpec, IndexSpec, ModelSpec } from '../../lib';

const MAX_NAME_BYTES = 63;

/** A word that is a keyword or means something to PostgreSQL, knex or JavaScript. */
const LOADED_WORD = fc.constantFrom(
  ...['select', 'user', 'order', 'table', 'default', 'null', 'oid', 'id', 'ID', '1', '_', '$$', '0-', 'constructor'],
  ...['__proto__', 'toString', 'a-b', 'pg_catalog', 'information_schema', 'length', 'then'],
);

/** A name that is allowed, in several scripts; most are short, some as long as names can be. */
export const name: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 1, arbitrary: LOADED_WORD },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...'abzABZ_019éßØжЖ請求あ한0ป'), fc.string({ unit: nameCharacter(), maxLength: 40 }))
        .map(([first, others]) => cut(first + others)),
    },
  )
  .filter((text) => !['$$', 'pg_catalog', 'information_schema'].includes(text));

function nameCharacter(): fc.Arbitrary<string> {
  return fc.constantFrom(...'abcxyzABCXYZ0189_-$éßØжЖ請求書顧客あいう한국ป');
}

function cut(text: string): string {
  let kept = text;
  while (Buffer.byteLength(kept) > MAX_NAME_BYTES) kept = kept.slice(0, -1);
  return kept;
}

/** What somebody would try who means harm, or who has never heard of quoting. */
const HOSTILE = [
  `'; drop table sentinel cascade; --`,
  `"; drop table sentinel cascade; --`,
  `'); drop table sentinel cascade; --`,
  `"."sentinel`,
  `sentinel" cascade; select "`,
  `\\'; drop table sentinel; --`,
  `$$; drop table sentinel; $$`,
  `$tenant_ddl$`,
  'int default 1); drop table sentinel; --',
  'cascade; drop table sentinel',
  '*/ drop table sentinel; /*',
  'sentinel as other',
  'public.sentinel',
  'a[1]z',
  '*',
  '?',
  '??',
  '\\?',
  ':name:',
  '$1',
  '%I %s %%',
  '{}',
  '\\x3f',
  ' pad ',
  '\t',
  '\n--\n',
  '\0',
  '\ud800',
  '',
  'x'.repeat(64),
];

export const anyString: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom(...`ab'"\\?$:;.*%[]{}()- \n`), maxLength: 20 }),
  fc.tuple(fc.constantFrom(...HOSTILE), name).map((parts) => parts.join('')),
  name,
);

/** Text that PostgreSQL can keep. */
const text = anyString.map((given) => given.replaceAll(/\0|\p{Surrogate}/gu, ''));

/** All characters count as one for the length of a String, so that 30 are enough. */
const shortText = text.map((given) => [...given].slice(0, 30).join(''));

const digits = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength });

type TypeAndDefault = Omit<FieldSpec, 'name'>;

/** With a value, or with an array of values. */
function of(type: FieldSpec['type'], value: fc.Arbitrary<unknown>, more = {}): fc.Arbitrary<TypeAndDefault> {
  const one = value.map((given) => ({ type, default: given, ...more }));
  if (type === 'Json') return one;
  const many = fc.array(value, { maxLength: 3 }).map((given) => ({ type, default: given, array: true, ...more }));
  return fc.oneof({ weight: 3, arbitrary: one }, { weight: 1, arbitrary: many });
}

const decimal: fc.Arbitrary<TypeAndDefault> = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 60 }), fc.boolean())
  .filter(([precision, scale]) => scale <= precision)
  .chain(([precision, scale, declared]) =>
    of(
      'Decimal',
      fc
        .tuple(fc.constantFrom('', '-'), digits(precision - scale), digits(scale))
        .map(([sign, whole, fraction]) => sign + (whole || '0') + (fraction && `.${fraction}`)),
      declared ? { precision, scale } : {},
    ),
  );

const instant = fc.date({ min: new Date('1000-01-02'), max: new Date('9998-12-30'), noInvalidDate: true });

const offsetInstant = fc
  .tuple(instant, digits(6), fc.constantFrom('Z', '+00:00', '-11:30', '+14:00'))
  .map(([date, fraction, offset]) => date.toISOString().slice(0, 19) + (fraction && `.${fraction}`) + offset);

const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll(/\\u(?:0000|d[89a-f]..)/gi, '')) as unknown)
  .filter((value) => value !== null);

/** Of every type, with its options and a default that it takes. */
const typeAndDefault: fc.Arbitrary<TypeAndDefault> = fc.oneof(
  of('String', shortText),
  of('String', shortText, { length: 30 }),
  of('Text', text),
  of('SmallInt', fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })),
  of('Int', fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  of('BigInt', fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.maxSafeInteger())),
  of('BigInt', fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String)),
  of('Float', fc.double({ noNaN: true, noDefaultInfinity: true })),
  decimal,
  of('Boolean', fc.boolean()),
  of('DateTime', fc.oneof(instant, offsetInstant, fc.constant({ fn: 'now' }))),
  of(
    'Date',
    instant.map((date) => date.toISOString().slice(0, 10)),
  ),
  of(
    'Time',
    fc
      .tuple(instant, digits(6))
      .map(([date, fraction]) => date.toISOString().slice(11, 19) + (fraction && `.${fraction}`)),
  ),
  of('Json', json),
  of(
    'Uuid',
    fc.oneof(
      fc.uuid(),
      fc.uuid().map((uuid) => uuid.toUpperCase()),
      fc.constant({ fn: 'uuid' }),
    ),
  ),
  of(
    'Bytes',
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  ),
  fc
    .uniqueArray(text, { minLength: 1, maxLength: 5 })
    .chain((values) => of('Enum', fc.constantFrom(...values), { values })),
);

/** A field that a row of defaults alone satisfies: it is nullable, or has a default, or counts. */
export const fieldWithoutName: fc.Arbitrary<TypeAndDefault> = fc.oneof(
  { weight: 9, arbitrary: fieldWithDefault() },
  { weight: 1, arbitrary: fieldThatCounts() },
);

function fieldThatCounts(): fc.Arbitrary<TypeAndDefault> {
  return fc
    .tuple(
      fc.constantFrom('SmallInt', 'Int', 'BigInt'),
      fc.record({ nullable: fc.constant(false), unique: fc.boolean(), comment: text }, { requiredKeys: [] }),
    )
    .map(([type, more]) => ({ type, identity: true, ...more }));
}

function fieldWithDefault(): fc.Arbitrary<TypeAndDefault> {
  return fc
    .tuple(
      typeAndDefault,
      fc.record({ nullable: fc.boolean(), unique: fc.boolean(), comment: text }, { requiredKeys: [] }),
      fc.constantFrom('default', 'no default', 'null'),
    )
    .map(([type, more, kind]) => {
      if (kind === 'default') return { ...type, ...more };
      const { default: _, ...typeAlone } = type;
      return { ...typeAlone, ...more, nullable: true, ...(kind === 'null' ? { default: null } : {}) };
    });
}

/** What an index is to have beside its columns, as far as its fields and its method allow it. */
interface IndexOptions {
  readonly isPlain: boolean;
  readonly method: 'btree' | 'hash' | 'gin' | 'brin';
  readonly order: 'asc' | 'desc' | undefined;
  readonly nulls: 'first' | 'last' | undefined;
  readonly lower: boolean;
  readonly operatorClass: boolean;
  readonly include: boolean;
  readonly where: 'null' | 'not null' | 'equals' | undefined;
}

const indexOptions: fc.Arbitrary<IndexOptions> = fc.record({
  isPlain: fc.boolean(),
  method: fc.constantFrom('btree', 'btree', 'hash', 'gin', 'brin'),
  order: fc.constantFrom('asc', 'desc', undefined),
  nulls: fc.constantFrom('first', 'last', undefined),
  lower: fc.boolean(),
  operatorClass: fc.boolean(),
  include: fc.boolean(),
  where: fc.constantFrom('null', 'not null', 'equals', 'equals', undefined),
});

const TEXT_TYPES = ['String', 'Text', 'Enum'];

function withIndexOptions(
  { columns, unique }: { readonly columns: readonly string[]; readonly unique: boolean },
  options: IndexOptions,
  fields: readonly FieldSpec[],
): IndexSpec {
  if (options.isPlain) return { columns, unique };
  const own = fields.filter(({ name: field }) => columns.includes(field));
  const others = fields.filter(({ name: field }) => !columns.includes(field));
  const takes = {
    btree: true,
    hash: !unique && columns.length === 1,
    gin: !unique && own.every(({ type, array }) => type === 'Json' || array === true),
    brin: !unique && own.every(({ type, array }) => !['Json', 'Boolean'].includes(type) && array !== true),
  };
  const method = takes[options.method] ? options.method : 'btree';
  const { order, nulls } = method === 'btree' ? options : { order: undefined, nulls: undefined };
  const listed = columns.map((column) => {
    const { type = '', array } = fields.find(({ name: field }) => field === column) ?? {};
    const isText = TEXT_TYPES.includes(type) && array !== true;
    const lower = options.lower && isText ? ({ lower: true } as const) : {};
    const hasClass = options.operatorClass && isText && method === 'btree';
    return { column, order, nulls, ...lower, ...(hasClass ? { operatorClass: 'text_pattern_ops' } : {}) };
  });
  const [last] = others.slice(-1);
  const condition = last && conditionOn(last, options.where);
  return {
    columns: listed,
    unique,
    method,
    ...(options.include && last !== undefined && method === 'btree' ? { include: [last.name] } : {}),
    ...(condition === undefined ? {} : { where: [condition, { column: columns[0] ?? '', is: 'not null' }] }),
  };
}

function conditionOn(
  { name: column, type, default: value }: FieldSpec,
  where: IndexOptions['where'],
): NonNullable<IndexSpec['where']>[number] | undefined {
  if (where === undefined) return undefined;
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value) && type !== 'Json';
  if (where !== 'equals') return { column, is: where };
  return isScalar ? { column, equals: value as string } : { column, is: 'null' };
}

/** A model whose references, if it has some, are to itself. */
export const model: fc.Arbitrary<ModelSpec> = fc
  .tuple(
    fc.uniqueArray(name, { minLength: 2, maxLength: 8 }),
    fc.array(fieldWithoutName, { minLength: 1, maxLength: 7 }),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(), fc.boolean(), indexOptions), { maxLength: 3 }),
    fc.record({ comment: text }, { requiredKeys: [] }),
  )
  .map(([[table = '', ...names], specs, picks, more]) => {
    const fields = names.slice(0, specs.length).map((field, index): FieldSpec => {
      const { nullable, ...spec } = specs[index] as TypeAndDefault;
      // `id` is the key where none else is, and a key needs a default for a row of defaults alone.
      const isNoKey = field === 'id' && (spec.default === undefined || spec.default === null);
      // A key that says that it is nullable is refused.
      const saysNothing = nullable === undefined || (field === 'id' && !isNoKey && nullable);
      const more = { ...(saysNothing ? {} : { nullable }), ...(isNoKey ? { primaryKey: false } : {}) };
      return { name: field, ...spec, ...more } as FieldSpec;
    });
    const indexes = picks.map(([length, from, unique, options]) => ({
      options,
      columns: fields
        .map((field) => field.name)
        .slice(from % fields.length)
        .slice(0, length),
      unique,
    }));
    const distinct = indexes.filter(
      ({ columns, unique }, at) =>
        indexes.findIndex((other) => String(other.columns) === String(columns) && other.unique === unique) === at &&
        // A unique index of one field would have the name of the field's own.
        !(unique && columns.length === 1),
    );
    const whole = distinct.map(({ options, ...index }) => withIndexOptions(index, options, fields));
    return { table, fields, ...more, ...(whole.length > 0 ? { indexes: whole } : {}) };
  });
