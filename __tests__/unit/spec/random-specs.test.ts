// Whatever is given as a spec: it is refused in the library's own words, or its SQL holds nothing but what was given.
import fc from 'fast-check';
import { MigrationError, planChange, type Change, type FieldSpec, type Plan } from '../../../lib';
import { fieldTypes, typeOf, type FieldTypeName } from '../../../lib/field-types';
import { derivedName, identifierFault, type DerivedKind, type Identifier } from '../../../lib/sql/identifier';
import { isBlock } from '../../../lib/sql/server-check';
import { tokensOf } from '../../support/sql-tokens';

const ORG = 'acme-corp';

/** Undefined where it was refused; fails where anything but a MigrationError was thrown. */
function planOf(change: unknown): Plan | undefined {
  try {
    return planChange(ORG, change as Change);
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    expect(['INVALID_SPEC', 'INVALID_IDENTIFIER', 'CROSS_TENANT_REFERENCE']).toContain(error.code);
    expect(error.faults?.length).toBeGreaterThan(0);
    expect(error.org).toBe(ORG);
    return undefined;
  }
}

/** Every word that knex and this library put between names and values. */
const WORDS = new Set(
  `create table alter add column constraint primary key not null default unique index on comment is check in
  foreign references delete cascade set restrict drop varchar text smallint integer bigint double precision numeric decimal boolean
  timestamptz date time jsonb uuid bytea true false decode now gen_random_uuid current_date cast as
  pg_catalog operator any array using btree hash gin gist brin asc desc nulls first last lower include distinct where and`.split(
    /\s+/,
  ),
);

interface Given {
  readonly names: Set<string>;
  readonly texts: Set<string>;
}

/** The names and the texts of a change, as its codec let them through. */
function givenIn(change: Change): Given {
  const names = new Set<string>([ORG]);
  const texts = new Set<string>();
  const name = (...given: readonly string[]): void => given.forEach((text) => names.add(text));
  const derived = (kind: DerivedKind, columns: readonly string[]): void =>
    name(derivedName(kind, change.table as Identifier, columns as Identifier[]));

  name(change.table);
  const field = ({ name: column, comment, values, default: kept, references, type }: FieldSpec): void => {
    name(column);
    for (const kind of ['check', 'key', 'fkey'] as const) derived(kind, [column]);
    for (const text of [comment, ...(values ?? [])]) if (text !== undefined) texts.add(text);
    if (kept !== undefined && kept !== null) valuesOf(type, kept).forEach((text) => texts.add(text));
    if (references) name(references.schema ?? ORG, references.table, references.column);
  };
  if (change.kind === 'addField') field(change.field);
  if (change.kind === 'dropField') name(change.column);
  if (change.kind === 'createModel') {
    change.fields.forEach(field);
    derived('pkey', []);
    if (change.comment !== undefined) texts.add(change.comment);
    for (const { columns, name: given, unique, include = [], where = [] } of change.indexes ?? []) {
      const listed = columns.map((column) => (typeof column === 'string' ? column : column.column));
      if (given === undefined) derived(unique === true ? 'key' : 'idx', listed);
      else name(given);
      name('pg_catalog', ...listed, ...include);
      for (const column of columns) {
        if (typeof column !== 'string' && column.operatorClass) name(...column.operatorClass.split('.'));
      }
      for (const { column, equals } of where) {
        name(column);
        if (equals !== undefined) texts.add(String(equals));
      }
    }
    for (const { columns, references } of change.foreignKeys ?? []) {
      derived('fkey', columns);
      name(references.schema ?? ORG, references.table, ...references.columns);
    }
  }
  return { names, texts };
}

/** The constants that stand for a default. */
function valuesOf(type: FieldTypeName, kept: unknown): string[] {
  if (type === 'Json') return [JSON.stringify(kept)];
  if (type === 'Bytes') return [(kept as { readonly base64: string }).base64, 'base64'];
  return [String(kept)];
}

/** Reads the SQL back, token by token. */
function expectOnlyGiven({ changes, steps }: Plan): void {
  const [change] = changes as readonly [Change];
  const { names, texts } = givenIn(change);
  for (const { sql } of steps.filter((step) => !isBlock(step.sql))) {
    for (const token of tokensOf(sql)) {
      if (token.kind === 'identifier' && !names.has(token.value)) throw new Error(`A name of nobody: ${token.value}`);
      if (token.kind === 'constant' && !texts.has(token.value)) throw new Error(`A value of nobody: ${token.value}`);
      if (token.kind === 'word' && !WORDS.has(token.value)) throw new Error(`A word of nobody: ${token.value}`);
      if (token.kind === 'block') throw new Error('A block of nobody.');
    }
  }
}

const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('"', "'", '\\', '?', '$', '$$', ';', '--', '.', ' as ', '*', 'a', '請', '\0', '\n'),
    maxLength: 8,
  }),
  fc.constantFrom(
    '',
    "'; drop table x; --",
    '"; drop table x; --',
    'why?',
    "it's",
    '??',
    '$1',
    ':a',
    '\\?',
    '__proto__',
    'constructor',
  ),
);
const goodName = fc
  .string({ unit: fc.constantFrom('a', 'b', 'C', '_', '-', '$', '1', 'é', '請'), minLength: 1, maxLength: 12 })
  .filter((text) => identifierFault(text, 'column') === undefined);
const anyName = fc.oneof({ weight: 20, arbitrary: goodName }, { weight: 1, arbitrary: hostileText });

const anything = fc.anything({
  key: fc.oneof(
    fc.string(),
    fc.constantFrom('kind', 'table', 'fields', 'name', 'type', 'default', '__proto__', 'toString'),
  ),
  values: [
    fc.string(),
    fc.integer(),
    fc.double(),
    fc.constantFrom('createModel', 'String', 'Enum', 'id'),
    fc.boolean(),
  ],
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
});

const DEFAULTS: { readonly [T in FieldTypeName]: fc.Arbitrary<unknown> } = {
  String: hostileText,
  Text: hostileText,
  SmallInt: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  Int: fc.integer(),
  BigInt: fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(0n, 2n ** 63n - 1n).map(String)),
  Float: fc.double(),
  Decimal: fc.double({ noNaN: true }),
  Boolean: fc.boolean(),
  DateTime: fc.oneof(fc.date(), fc.constant({ fn: 'now' })),
  Date: fc.constantFrom<unknown>('2024-02-29', '2023-02-29', { fn: 'now' }),
  Time: fc.constantFrom<unknown>('23:59:59', '24:00', { fn: 'now' }),
  Json: fc.oneof(fc.jsonValue(), fc.dictionary(hostileText, hostileText), fc.array(hostileText)),
  Uuid: fc.oneof(fc.uuid(), fc.constant({ fn: 'uuid' })),
  Bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  Enum: hostileText,
};

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });
const onDelete = fc.constantFrom('CASCADE', 'SET NULL', 'RESTRICT');
const schema = fc.constantFrom(ORG, 'public');

const anyField = fc.constantFrom(...(Object.keys(fieldTypes) as FieldTypeName[])).chain((type) =>
  fc
    .record({
      name: anyName,
      type: fc.constant(type),
      nullable: optional(fc.boolean()),
      unique: optional(fc.boolean()),
      comment: optional(hostileText),
      default: optional(DEFAULTS[type]),
      references: optional(fc.record({ schema, table: anyName, column: anyName, onDelete })),
      values: type === 'Enum' ? fc.uniqueArray(hostileText, { minLength: 1, maxLength: 4 }) : fc.constant(undefined),
      length: typeOf({ type }).options.includes('length')
        ? optional(fc.integer({ min: 1, max: 200 }))
        : fc.constant(undefined),
    })
    .map((field) =>
      type === 'Enum' && field.default !== undefined ? { ...field, default: field.values?.[0] } : field,
    ),
);

const anyModel = fc
  .uniqueArray(anyField, { selector: ({ name }) => name, minLength: 1, maxLength: 5 })
  .chain((fields) => {
    const columns = fc.uniqueArray(fc.constantFrom(...fields.map(({ name }) => name)), { minLength: 1, maxLength: 3 });
    const key = columns.chain((own) =>
      fc.record({
        columns: fc.constant(own),
        references: fc.record({ schema, table: goodName, columns: fc.constant(own), onDelete }),
      }),
    );
    return fc.record({
      kind: fc.constant('createModel'),
      table: anyName,
      fields: fc.constant(fields),
      comment: optional(hostileText),
      indexes: optional(
        fc.array(fc.record({ columns, unique: optional(fc.boolean()), name: optional(anyName) }), { maxLength: 2 }),
      ),
      foreignKeys: optional(fc.array(key, { maxLength: 2 })),
    });
  });

const anyChange: fc.Arbitrary<object> = fc.oneof(
  anyModel,
  fc.record({ kind: fc.constant('addField'), table: anyName, field: anyField }),
  fc.record({ kind: fc.constant('dropField'), table: anyName, column: anyName }),
);

it('is refused in our own words, or accepted, where it is anything at all', () => {
  fc.assert(
    fc.property(anything, (change) => {
      const plan = planOf(change);
      if (plan !== undefined) expectOnlyGiven(plan);
    }),
    { numRuns: 500 },
  );
});

it.each(['createModel', 'addField', 'dropField'])(
  'is refused in our own words where anything stands in a %s',
  (kind) => {
    const keys = ['table', 'fields', 'field', 'column', 'comment', 'indexes', 'foreignKeys', 'cascade'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), anything), (change) => {
        const plan = planOf({ ...change, kind });
        if (plan !== undefined) expectOnlyGiven(plan);
      }),
      { numRuns: 500 },
    );
  },
);

it('becomes SQL that holds only the names and values that were given', () => {
  let accepted = 0;
  fc.assert(
    fc.property(anyChange, (change) => {
      const plan = planOf(change);
      if (plan === undefined) return;
      accepted += 1;
      expectOnlyGiven(plan);
      expect(planChange(ORG, JSON.parse(JSON.stringify(plan.changes[0])) as Change)).toEqual(plan);
    }),
    { numRuns: 400 },
  );
  // Otherwise nothing was tried.
  expect(accepted).toBeGreaterThan(100);
});

it('is refused in our own words with anything in the place of any part', () => {
  /** Every place in a value that something else can stand in. */
  const places = (value: unknown, path: readonly string[] = []): string[][] =>
    typeof value !== 'object' || value === null
      ? [[...path]]
      : [[...path], ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))];

  const put = (value: unknown, [key, ...rest]: readonly string[], junk: unknown): unknown => {
    if (key === undefined) return junk;
    const copy: unknown = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
    (copy as Record<string, unknown>)[key] = put((value as Record<string, unknown>)[key], rest, junk);
    return copy;
  };

  fc.assert(
    fc.property(anyChange, fc.nat(), fc.oneof(anything, hostileText), fc.boolean(), (change, at, junk, beside) => {
      const all = places(change);
      const place = all[at % all.length] ?? [];
      const plan = planOf(put(change, beside ? [...place.slice(0, -1), 'more'] : place, junk));
      if (plan !== undefined) expectOnlyGiven(plan);
    }),
    { numRuns: 500 },
  );
});
