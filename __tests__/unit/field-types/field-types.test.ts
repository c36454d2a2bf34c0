import { inspect } from 'node:util';
import { MigrationError } from '../../../lib/errors';
import type { FieldSpec } from '../../../lib/spec/field-spec';
import { fieldTypes, typeOf, type FieldTypeName } from '../../../lib/field-types';
import { TYPE_OPTIONS } from '../../../lib/field-types/options';
import { planChange } from '../../../lib';

type Options = Pick<FieldSpec, 'length' | 'precision' | 'scale' | 'values'>;

/** A default, how it is kept, and its SQL. */
type Accepted = readonly [given: unknown, kept: unknown, sql: string];

interface Example {
  readonly options?: Options;
  /** As it stands in `create table`, behind the name. */
  readonly column: string;
  /** As `format_type` of the catalog names it. */
  readonly catalogName: string;
  readonly accepted: readonly Accepted[];
  readonly volatile?: readonly Accepted[];
  readonly rejected: readonly (readonly [given: unknown, message: string])[];
}

const same = (given: unknown, sql: string): Accepted => [given, given, sql];
const OF_ANOTHER_KIND = [undefined, () => 1, Symbol('a'), NaN] as const;

const NUL = 'contains the character NUL, which PostgreSQL cannot store';
const HALF = 'contains an unpaired surrogate, which is not a character';
const SMALL_INT = 'must be a whole number from -32768 to 32767';
const INT = 'must be a whole number from -2147483648 to 2147483647';
const EXACT = 'must be a whole number that JavaScript holds exactly, or a bigint, or a string of digits';
const WHOLE = 'must be a whole number, a bigint or a string of digits';
const DIGITS = 'must be at most 19 digits';
const BIG = 'must be from -9223372036854775808 to 9223372036854775807';
const FINITE = 'must be a finite number';
const DECIMAL = 'must be a finite number, or a string of digits with at most one "."';
const FITS = 'must fit numeric(5, 2): PostgreSQL would round or refuse it';
const INSTANT = "must be a Date, { fn: 'now' }, or ISO 8601 with Z or an offset: 2024-02-29T23:59:59.999Z";
const DATE = "must be ISO 8601, 2024-02-29, or { fn: 'now' }, or a Date that is midnight in UTC";
const TIME = "must be ISO 8601, 23:59:59.999, or { fn: 'now' }, or a Date on 1970-01-01 in UTC";
const UUID = "must be a uuid, or { fn: 'uuid' }";
const BYTES = "must be a Buffer, or { base64: '…' }";
const A_UUID = '01890a5d-ac96-774b-bcce-b302099a8057';

function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

/** An object without properties of its own. */
function inheriting(properties: object): unknown {
  return Object.create(Object.assign(Object.create(null) as object, properties)) as unknown;
}

const circular: unknown[] = [];
circular.push(circular);

/** Every row of the design's table of types. A type that is not here fails the walk below. */
const EXAMPLES: { readonly [Type in FieldTypeName]: readonly Example[] } = {
  String: [
    {
      column: 'varchar(100)',
      catalogName: 'character varying(100)',
      accepted: [
        same('', "''"),
        same('draft', "'draft'"),
        same("it's why?", "'it''s why?'"),
        same('a\\b?', "E'a\\\\b\\x3f'"),
        same('x'.repeat(100), `'${'x'.repeat(100)}'`),
        // One hundred characters, two hundred UTF-16 units, four hundred bytes.
        same('🧾'.repeat(100), `'${'🧾'.repeat(100)}'`),
      ],
      rejected: [
        ['x'.repeat(101), 'must be at most 100 characters'],
        ['🧾'.repeat(101), 'must be at most 100 characters'],
        ['a\0', NUL],
        ['a\ud800', HALF],
        [1, 'must be a string'],
        [{ a: 1 }, 'must be a string'],
        [['a', 'b'], 'must be a string'],
        [new Date(0), 'must be a string'],
        [new String('a'), 'must be a string'],
      ],
    },
    {
      options: { length: 3 },
      column: 'varchar(3)',
      catalogName: 'character varying(3)',
      accepted: [same('abc', "'abc'")],
      rejected: [['abcd', 'must be at most 3 characters']],
    },
  ],
  Text: [
    {
      column: 'pg_catalog.text',
      catalogName: 'text',
      accepted: [same('', "''"), same("it's", "'it''s'"), same('x'.repeat(10_000), `'${'x'.repeat(10_000)}'`)],
      rejected: [
        ['a\0', NUL],
        ['a\udc00', HALF],
        [1, 'must be a string'],
        [{ a: 1 }, 'must be a string'],
        [['a', 'b'], 'must be a string'],
      ],
    },
  ],
  SmallInt: [
    {
      column: 'smallint',
      catalogName: 'smallint',
      accepted: [same(0, '0'), [-0, 0, '0'], same(2 ** 15 - 1, '32767'), same(-(2 ** 15), '-32768')],
      rejected: [
        [2 ** 15, SMALL_INT],
        [-(2 ** 15) - 1, SMALL_INT],
        [1.5, SMALL_INT],
        [Infinity, SMALL_INT],
        ['1', SMALL_INT],
        [1n, SMALL_INT],
        [true, SMALL_INT],
      ],
    },
  ],
  Int: [
    {
      column: 'integer',
      catalogName: 'integer',
      accepted: [same(0, '0'), [-0, 0, '0'], same(2 ** 31 - 1, '2147483647'), same(-(2 ** 31), '-2147483648')],
      rejected: [
        [2 ** 31, INT],
        [-(2 ** 31) - 1, INT],
        [1.5, INT],
        [Infinity, INT],
        ['1', INT],
        [1n, INT],
        [true, INT],
      ],
    },
  ],
  BigInt: [
    {
      column: 'bigint',
      catalogName: 'bigint',
      accepted: [
        [0, '0', '0'],
        [-0, '0', '0'],
        [2 ** 53 - 1, '9007199254740991', '9007199254740991'],
        [9007199254740993n, '9007199254740993', '9007199254740993'],
        [2n ** 63n - 1n, '9223372036854775807', '9223372036854775807'],
        [-(2n ** 63n), '-9223372036854775808', '-9223372036854775808'],
        same('9007199254740993', '9007199254740993'),
        ['-007', '-7', '-7'],
        ['-0', '0', '0'],
      ],
      rejected: [
        [2 ** 53, EXACT],
        [1.5, EXACT],
        [Infinity, EXACT],
        [2n ** 63n, BIG],
        [-(2n ** 63n) - 1n, BIG],
        ['9223372036854775808', BIG],
        ['12345678901234567890', DIGITS],
        ['1e3', DIGITS],
        ['0x10', DIGITS],
        [' 1', DIGITS],
        ['', DIGITS],
        [true, WHOLE],
        [[1], WHOLE],
      ],
    },
  ],
  Float: [
    {
      column: 'double precision',
      catalogName: 'double precision',
      accepted: [
        same(0, '0'),
        same(-1.5, '-1.5'),
        same(1e21, '1000000000000000000000'),
        same(1e-7, '0.0000001'),
        // JSON has no -0, and the server reads a bare one as the integer 0.
        [-0, '-0', "'-0'::double precision"],
        same('-0', "'-0'::double precision"),
      ],
      rejected: [
        [Infinity, FINITE],
        ['1.5', FINITE],
        [1n, FINITE],
        [{ valueOf: () => 1 }, FINITE],
      ],
    },
  ],
  Decimal: [
    {
      column: 'numeric',
      catalogName: 'numeric',
      accepted: [
        [0, '0', "'0'"],
        [-0, '0', "'0'"],
        [1.5, '1.5', "'1.5'"],
        [1e-7, '0.0000001', "'0.0000001'"],
        same('0.10', "'0.10'"),
        same('-12345678901234567890.12', "'-12345678901234567890.12'"),
        same('9'.repeat(131_072), `'${'9'.repeat(131_072)}'`),
        same(`0.${'9'.repeat(16_383)}`, `'0.${'9'.repeat(16_383)}'`),
      ],
      rejected: [
        ['9'.repeat(131_073), 'has more digits than PostgreSQL keeps'],
        [`0.${'9'.repeat(16_384)}`, 'has more digits than PostgreSQL keeps'],
        ['NaN', DECIMAL],
        ['Infinity', DECIMAL],
        ['1e3', DECIMAL],
        ['1.', DECIMAL],
        ['.5', DECIMAL],
        ['1.2.3', DECIMAL],
        ['+1', DECIMAL],
        ['1,5', DECIMAL],
        [' 1', DECIMAL],
        ['1\n', DECIMAL],
        ['', DECIMAL],
        [1n, DECIMAL],
        [true, DECIMAL],
      ],
    },
    {
      options: { precision: 5, scale: 2 },
      column: 'decimal(5, 2)',
      catalogName: 'numeric(5,2)',
      accepted: [
        [999.99, '999.99', "'999.99'"],
        same('-999.99', "'-999.99'"),
        same('000999.9', "'000999.9'"),
        same('0.05', "'0.05'"),
      ],
      rejected: [
        ['1000', FITS],
        [0.001, FITS],
        ['0.050', FITS],
      ],
    },
    {
      options: { precision: 3 },
      column: 'decimal(3, 0)',
      catalogName: 'numeric(3,0)',
      accepted: [[999, '999', "'999'"]],
      rejected: [[9.5, 'must fit numeric(3, 0): PostgreSQL would round or refuse it']],
    },
    {
      options: { precision: 2, scale: 2 },
      column: 'decimal(2, 2)',
      catalogName: 'numeric(2,2)',
      accepted: [[0.99, '0.99', "'0.99'"]],
      rejected: [[1, 'must fit numeric(2, 2): PostgreSQL would round or refuse it']],
    },
  ],
  Boolean: [
    {
      column: 'boolean',
      catalogName: 'boolean',
      accepted: [same(true, 'true'), same(false, 'false')],
      rejected: [
        ['no', 'must be true or false'],
        ['true', 'must be true or false'],
        [0, 'must be true or false'],
      ],
    },
  ],
  DateTime: [
    {
      column: 'pg_catalog.timestamptz',
      catalogName: 'timestamp with time zone',
      accepted: [
        [
          new Date('2024-02-29T23:59:59.999Z'),
          '2024-02-29T23:59:59.999Z',
          "'2024-02-29T23:59:59.999Z'::pg_catalog.timestamptz",
        ],
        same('2024-02-29T23:59:59.999999Z', "'2024-02-29T23:59:59.999999Z'::pg_catalog.timestamptz"),
        same('2024-02-29T23:59+05:30', "'2024-02-29T23:59+05:30'::pg_catalog.timestamptz"),
        same('0001-01-01T00:00:00-15:59', "'0001-01-01T00:00:00-15:59'::pg_catalog.timestamptz"),
        same({ fn: 'now' }, 'pg_catalog.now()'),
      ],
      rejected: [
        ['2024-02-29T23:59:59', INSTANT],
        ['2024-02-29 23:59:59Z', INSTANT],
        ['2024-02-29', INSTANT],
        ['2023-02-29T00:00:00Z', INSTANT],
        ['2024-13-01T00:00:00Z', INSTANT],
        ['2024-00-01T00:00:00Z', INSTANT],
        ['2024-04-31T00:00:00Z', INSTANT],
        ['0000-01-01T00:00:00Z', INSTANT],
        ['2024-02-29T24:00:00Z', INSTANT],
        ['2024-02-29T23:60:00Z', INSTANT],
        ['2024-02-29T23:59:60Z', INSTANT],
        ['2024-02-29T23:59:59.1234567Z', INSTANT],
        ['2024-02-29T23:59:59+16:00', INSTANT],
        ['2024-02-29T23:59:59Z\n', INSTANT],
        ['now()', INSTANT],
        [0, INSTANT],
        [new Date(NaN), INSTANT],
        [new Date('-000001-01-01T00:00:00Z'), INSTANT],
        [new Date('+010000-01-01T00:00:00Z'), INSTANT],
        [{ fn: 'uuid' }, INSTANT],
        [{ fn: 'now', more: 1 }, INSTANT],
        [{ fn: 'clock_timestamp' }, INSTANT],
      ],
    },
  ],
  Date: [
    {
      column: 'pg_catalog.date',
      catalogName: 'date',
      accepted: [
        [new Date('2024-02-29T00:00:00.000Z'), '2024-02-29', "'2024-02-29'"],
        same('2000-02-29', "'2000-02-29'"),
        same('9999-12-31', "'9999-12-31'"),
        same({ fn: 'now' }, 'cast(pg_catalog.now() as pg_catalog.date)'),
      ],
      rejected: [
        ['1900-02-29', DATE],
        ['2024-2-9', DATE],
        ['2024-02-29T00:00:00Z', DATE],
        ['today', DATE],
        [new Date('2024-02-29T00:00:00.001Z'), DATE],
        [new Date(NaN), DATE],
        [{ fn: 'current_date' }, DATE],
      ],
    },
  ],
  Time: [
    {
      column: 'time',
      catalogName: 'time without time zone',
      accepted: [
        [new Date('1970-01-01T23:59:59.999Z'), '23:59:59.999', "'23:59:59.999'"],
        same('00:00', "'00:00'"),
        same('23:59:59.999999', "'23:59:59.999999'"),
        same({ fn: 'now' }, 'cast(pg_catalog.now() as time)'),
      ],
      rejected: [
        ['24:00', TIME],
        ['23:60', TIME],
        ['1:00', TIME],
        ['23:59:59.9999999', TIME],
        ['23:59Z', TIME],
        [new Date('1970-01-02T00:00:00.000Z'), TIME],
        [{ fn: 'uuid' }, TIME],
      ],
    },
  ],
  Json: [
    {
      column: 'pg_catalog.jsonb',
      catalogName: 'jsonb',
      accepted: [
        same({}, "'{}'::pg_catalog.jsonb"),
        same([], "'[]'::pg_catalog.jsonb"),
        same({ a: "it's" }, `'{"a":"it''s"}'::pg_catalog.jsonb`),
        same({ 'why?': '"?"' }, `E'{"why\\x3f":"\\\\"\\x3f\\\\""}'::pg_catalog.jsonb`),
        same([null, true, -1.5, { b: [] }], `'[null,true,-1.5,{"b":[]}]'::pg_catalog.jsonb`),
        [[-0], [0], "'[0]'::pg_catalog.jsonb"],
        same('text', `'"text"'::pg_catalog.jsonb`),
        same('null', `'"null"'::pg_catalog.jsonb`),
        same(0, "'0'::pg_catalog.jsonb"),
        same(false, "'false'::pg_catalog.jsonb"),
        // Functions elsewhere, data here.
        same({ toJSON: 1 }, `'{"toJSON":1}'::pg_catalog.jsonb`),
        same({ fn: 'now' }, `'{"fn":"now"}'::pg_catalog.jsonb`),
        [Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }, `'{"a":1}'::pg_catalog.jsonb`],
        same(nested(100), `'${JSON.stringify(nested(100))}'::pg_catalog.jsonb`),
      ],
      rejected: [
        [nested(101), 'must be at most 100 levels deep'],
        [circular, 'must be at most 100 levels deep'],
        [[1, Infinity], 'must contain only finite numbers'],
        [{ a: NaN }, 'must contain only finite numbers'],
        [{ a: undefined }, 'must be a JSON value'],
        // A hole, which JSON.stringify would fill with null.
        [[, 1], 'must be a JSON value'],
        [{ a: () => 1 }, 'must be a JSON value'],
        [{ a: 1n }, 'must be a JSON value'],
        [new Date(0), 'must be a JSON value'],
        [new Map(), 'must be a JSON value'],
        [{ toJSON: () => 1 }, 'must be a JSON value'],
        [inheriting({ toJSON: () => 1 }), 'must be a JSON value'],
        [{ a: 'a\0' }, NUL],
        [{ 'a\0': 1 }, NUL],
        [['a\ud800'], HALF],
      ],
    },
  ],
  Uuid: [
    {
      column: 'pg_catalog.uuid',
      catalogName: 'uuid',
      accepted: [same(A_UUID, `'${A_UUID}'`), same(A_UUID.toUpperCase(), `'${A_UUID.toUpperCase()}'`)],
      volatile: [same({ fn: 'uuid' }, 'pg_catalog.gen_random_uuid()')],
      rejected: [
        ['', UUID],
        [A_UUID.replaceAll('-', ''), UUID],
        [`{${A_UUID}}`, UUID],
        [`${A_UUID}\n`, UUID],
        ['gen_random_uuid()', UUID],
        [1, UUID],
        [{ fn: 'now' }, UUID],
        [{ fn: 'uuid', more: 1 }, UUID],
      ],
    },
  ],
  Bytes: [
    {
      column: 'pg_catalog.bytea',
      catalogName: 'bytea',
      accepted: [
        [Buffer.from([0, 255]), { base64: 'AP8=' }, "pg_catalog.decode('AP8=', 'base64')"],
        [new Uint8Array([0, 255]), { base64: 'AP8=' }, "pg_catalog.decode('AP8=', 'base64')"],
        [Buffer.from([1, 0, 255, 1]).subarray(1, 3), { base64: 'AP8=' }, "pg_catalog.decode('AP8=', 'base64')"],
        [Buffer.alloc(0), { base64: '' }, "pg_catalog.decode('', 'base64')"],
        same({ base64: 'aGk+' }, "pg_catalog.decode('aGk+', 'base64')"),
      ],
      rejected: [
        ['AP8=', BYTES],
        [{ base64: 'AP8' }, BYTES],
        [{ base64: 'AP9=' }, BYTES],
        [{ base64: 'aGk-' }, BYTES],
        [{ base64: 'AP8=\n' }, BYTES],
        [{ base64: 1 }, BYTES],
        [{ base64: '', more: 1 }, BYTES],
        [[0, 255], BYTES],
        [new ArrayBuffer(2), BYTES],
        [new DataView(new ArrayBuffer(2)), BYTES],
      ],
    },
  ],
  Enum: [
    {
      options: { values: ['draft', "it's", 'a\\?'] },
      column: `pg_catalog.text constraint "invoice_field_check_a9624320557b" check ("field" operator(pg_catalog.=) any (array['draft', 'it''s', E'a\\\\\\x3f']::pg_catalog.text[]))`,
      catalogName: 'text',
      accepted: [same('draft', "'draft'"), same("it's", "'it''s'"), same('a\\?', "E'a\\\\\\x3f'")],
      rejected: [
        ['Draft', 'must be one of values'],
        ['', 'must be one of values'],
        [0, 'must be one of values'],
        [['draft'], 'must be one of values'],
      ],
    },
  ],
};

const types = Object.keys(fieldTypes) as FieldTypeName[];

/** The column as `createModel` makes it, behind its name. */
function columnOf(field: Omit<FieldSpec, 'name'>): string | undefined {
  const { steps } = planChange('acme-corp', {
    kind: 'createModel',
    table: 'invoice',
    fields: [{ ...field, name: 'field' } as FieldSpec],
  });
  return /^create table "acme-corp"\."invoice" \("field" (.*)\)$/s.exec(steps[0]?.sql ?? '')?.[1];
}

function shown(value: unknown): string {
  const text = inspect(value, { breakLength: Infinity });
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

it('has examples for every type', () => {
  expect(Object.keys(EXAMPLES)).toEqual(types);
  for (const examples of Object.values(EXAMPLES)) {
    for (const { accepted, rejected } of examples) {
      expect(accepted).not.toEqual([]);
      expect(rejected).not.toEqual([]);
    }
  }
});

it('has an example with and without each option', () => {
  for (const type of types) {
    const given = EXAMPLES[type].flatMap(({ options = {} }) => Object.keys(options));
    expect([...new Set(given)].sort()).toEqual([...typeOf({ type }).options].sort());
    for (const option of typeOf({ type }).options) expect(TYPE_OPTIONS).toContain(option);
  }
});

describe.each(types)('%s', (type) => {
  const entry = typeOf({ type });
  describe.each(EXAMPLES[type].map((example) => [JSON.stringify(example.options ?? 'without options'), example]))(
    'with %s',
    (_options, { options, column, catalogName, accepted, volatile = [], rejected }: Example) => {
      const field = { name: 'field', ...options };

      it('is the column of the design, and the catalog calls it so', () => {
        expect(columnOf({ type, ...options })).toBe(column);
        expect(columnOf({ type, ...options, nullable: false })).toBe(`${column} not null`);
        expect(entry.catalogName(field)).toBe(catalogName);
        expect(entry.optionFaults(field)).toEqual([]);
      });

      it.each([...accepted, ...volatile].map(([given, kept, sql]) => [shown(given), given, kept, sql] as const))(
        'takes the default %s',
        (_shown, given, kept, sql) => {
          expect(entry.readDefault(given, field)).toEqual({ kept });
          expect(entry.defaultSql(kept as never)).toBe(sql);
          // Exactly once: the SQL a change is planned with, in both places where a field can stand.
          expect(columnOf({ type, ...options, default: given })).toBe(`${column} default ${sql}`);
          const added = {
            kind: 'addField',
            table: 'invoice',
            field: { name: 'field', type, ...options, default: given },
          };
          expect(planChange('acme-corp', added as never).steps[0]?.sql).toBe(
            `alter table "acme-corp"."invoice" add column "field" ${column} default ${sql}`,
          );
        },
      );

      it('keeps what JSON keeps, and reads it back as the same', () => {
        for (const [given, kept] of [...accepted, ...volatile]) {
          const stored: unknown = JSON.parse(JSON.stringify(kept));
          const again = entry.readDefault(stored, field);
          expect('kept' in again && entry.defaultSql(again.kept)).toBe(entry.defaultSql(kept as never));
          expect(entry.readDefault(given, field)).toHaveProperty('kept');
        }
      });

      it('tells which defaults are computed row by row', () => {
        for (const [, kept] of accepted) expect(entry.isVolatile(kept as never)).toBe(false);
        for (const [, kept] of volatile) expect(entry.isVolatile(kept as never)).toBe(true);
      });

      it.each(rejected.map(([given, message]) => [shown(given), given, message] as const))(
        'refuses the default %s',
        (_shown, given, message) => {
          const plan = (): unknown => planChange('acme-corp', createWith({ type, ...options, default: given }));
          expect(plan).toThrow(MigrationError);
          expect(plan).toThrow(
            expect.objectContaining({ code: 'INVALID_SPEC', faults: [{ path: 'fields[0].default', message }] }),
          );
          expect(entry.readDefault(given, field)).toEqual({ fault: expect.any(String) as string });
        },
      );

      it('refuses what is no value at all', () => {
        for (const given of OF_ANOTHER_KIND)
          expect(entry.readDefault(given, field)).toEqual({ fault: expect.any(String) as string });
      });

      it('has no default where none or null is given', () => {
        for (const none of [undefined, null]) expect(columnOf({ type, ...options, default: none })).toBe(column);
      });
    },
  );

  it('takes no option of another type', () => {
    const samples = { length: 1, precision: 1, scale: 0, values: ['a'] };
    for (const option of TYPE_OPTIONS.filter((other) => !entry.options.includes(other))) {
      const options = { ...EXAMPLES[type][0]?.options, [option]: samples[option] };
      expect(() => planChange('acme-corp', createWith({ type, ...options }))).toThrow(
        new RegExp(`fields\\[0\\]\\.${option}: ${type} takes no ${option}, \\w+ does`),
      );
    }
  });
});

function createWith(field: object): never {
  return { kind: 'createModel', table: 'invoice', fields: [{ name: 'field', ...field }] } as never;
}

it('an Enum takes no default where it has no values', () => {
  expect(typeOf({ type: 'Enum' }).readDefault('a', { name: 'a' })).toHaveProperty('fault');
  expect(typeOf({ type: 'Enum' }).checkedValues({ name: 'a', values: ['x'] })).toEqual(['x']);
});

describe('the options of a type', () => {
  it.each<[string, object, string, string]>([
    ['String', { length: 0 }, 'length', 'must be a whole number of characters from 1 to 10485760'],
    ['String', { length: 1.5 }, 'length', 'must be a whole number of characters from 1 to 10485760'],
    ['String', { length: 10_485_761 }, 'length', 'must be a whole number of characters from 1 to 10485760'],
    ['String', { length: NaN }, 'length', 'must be a whole number of characters from 1 to 10485760'],
    ['String', { length: '9' }, 'length', 'must be a number'],
    ['Decimal', { precision: 0 }, 'precision', 'must be a whole number of digits from 1 to 1000'],
    ['Decimal', { precision: 1001 }, 'precision', 'must be a whole number of digits from 1 to 1000'],
    ['Decimal', { scale: 2 }, 'scale', 'needs a precision'],
    ['Decimal', { precision: 5, scale: 6 }, 'scale', 'must be a whole number of digits from 0 to the precision'],
    ['Decimal', { precision: 5, scale: -1 }, 'scale', 'must be a whole number of digits from 0 to the precision'],
    ['Enum', {}, 'values', 'an Enum needs at least one value'],
    ['Enum', { values: [] }, 'values', 'an Enum needs at least one value'],
    ['Enum', { values: ['a', 'b', 'a'] }, 'values[2]', 'is listed twice'],
    ['Enum', { values: ['a\0'] }, 'values[0]', NUL],
    ['Enum', { values: [1] }, 'values[0]', 'must be a string'],
    ['Enum', { values: 'a' }, 'values', 'must be a list'],
    ['Text', { length: 5 }, 'length', 'Text takes no length, String does'],
    ['Float', { precision: 5 }, 'precision', 'Float takes no precision, Decimal does'],
    ['String', { values: ['a'] }, 'values', 'String takes no values, Enum does'],
  ])('%s %j: %s %s', (type, options, path, message) => {
    expect(() => planChange('acme-corp', createWith({ type, ...options }))).toThrow(
      expect.objectContaining({
        code: 'INVALID_SPEC',
        faults: [expect.objectContaining({ path: `fields[0].${path}`, message })],
      }),
    );
  });

  it.each<[string, object, string]>([
    ['String', { length: 10_485_760 }, 'varchar(10485760)'],
    ['Decimal', { precision: 1000, scale: 1000 }, 'decimal(1000, 1000)'],
    ['Decimal', { precision: 1, scale: 0 }, 'decimal(1, 0)'],
  ])('%s %j is %s', (type, options, column) => {
    expect(columnOf({ type, ...options } as never)).toBe(column);
  });
});
