// The same proof for the registry of types: a field of each that is added, and each that becomes another.
import {
  applyChange,
  createModel,
  createModels,
  createTenant,
  planChange,
  type Change,
  type FieldChangesSpec,
  type FieldSpec,
  type TypeSpec,
} from '../../lib';
import { fieldTypes } from '../../lib/field-types';
import { EVERY_TYPE } from '../support/type-samples';
import { quiet } from '../support/log';
import { knownTables, observed, strongest, witness, type KnownTable } from '../support/observed';
import { freshOrg } from '../support/postgres';

const session = witness();
const options = { logger: quiet, statementTimeoutMs: 10_000 };

/** Defaults that are no constants. */
const FUNCTIONS: readonly FieldSpec[] = [
  { name: 'uuid_fn', type: 'Uuid', default: { fn: 'uuid' } },
  { name: 'date_time_fn', type: 'DateTime', default: { fn: 'now' } },
  { name: 'date_fn', type: 'Date', default: { fn: 'now' } },
  { name: 'time_fn', type: 'Time', default: { fn: 'now' } },
];

/** More of the types whose options decide. */
const OPTIONS: readonly FieldSpec[] = [
  { name: 'string_200', type: 'String', length: 200 },
  { name: 'decimal_14_2', type: 'Decimal', precision: 14, scale: 2 },
  { name: 'decimal_12_4', type: 'Decimal', precision: 12, scale: 4 },
];

let org: string;
let tables: readonly KnownTable[];

beforeAll(async () => {
  org = freshOrg();
  await createTenant(org, session.db, options);
  const fields = [...EVERY_TYPE, ...OPTIONS].map(({ default: _default, ...field }) => field);
  await createModel(org, { table: 'value', fields }, session.db, options);
  // Empty fields can become whatever the server has a cast for.
  await session.db.raw(`insert into "${org}".value select from generate_series(1, 100); analyze "${org}".value`);
  tables = await knownTables(session.db, [org]);
});

async function expectAsPlanned(change: Change): Promise<void> {
  const { steps } = planChange(org, change);
  const seen = await observed(session, tables, (trx) =>
    applyChange(org, change, trx, { ...options, hazards: 'allow' }),
  );
  const rewritesTable = steps.some((step) => step.rewritesTable);
  const scansTable = steps.some((step) => step.scansTable);
  expect(seen).toEqual({
    locks: strongest(steps.flatMap(({ locks }) => locks)),
    rewritesTable,
    scansTable,
    heard: { rewritesTable, scansTable },
    scanned: scansTable ? ['value'] : [],
  });
}

it('has a field of every type', () => {
  expect([...new Set(EVERY_TYPE.map(({ type }) => type))].sort()).toEqual(Object.keys(fieldTypes).sort());
});

it.each([...EVERY_TYPE, ...FUNCTIONS].flatMap((field) => [true, false].map((nullable) => ({ ...field, nullable }))))(
  'adds $name, not nullable: $nullable, as planned',
  async (field) => {
    await expectAsPlanned({ kind: 'addField', table: 'value', field: { ...field, name: `${field.name}_2` } });
  },
);

describe.each([...EVERY_TYPE, ...OPTIONS])('$name', (from) => {
  it('becomes every other type as planned, where the server has a cast', async () => {
    const became: string[] = [];
    for (const to of [...EVERY_TYPE, ...OPTIONS]) {
      try {
        await expectAsPlanned({
          kind: 'alterField',
          table: 'value',
          column: from.name,
          set: typeOf(to),
          from: typeOf(from),
        });
        became.push(to.name);
      } catch (error) {
        const isWithoutCast = (error as Error).message.includes('PostgreSQL has no conversion');
        if (!isWithoutCast) throw withTitle(error, `${from.name} to ${to.name}`);
      }
    }
    expect(became).toEqual(expect.arrayContaining([from.name, 'text', 'string', 'enum']));
  });
});

// PostgreSQL drops a foreign key over the column and makes it again, whether or not a row is rewritten.
describe('a field of a foreign key', () => {
  const code = { type: 'String', length: 40 } as const;
  const rate = { type: 'Decimal', precision: 12, scale: 2 } as const;
  const CHANGES: readonly (readonly [string, 'code' | 'rate', FieldChangesSpec])[] = [
    ['a longer String', 'code', { length: 80 }],
    ['a String of the same length', 'code', { type: 'String', length: 40 }],
    ['String to Text', 'code', { type: 'Text' }],
    ['a shorter String', 'code', { length: 20 }],
    ['a Decimal of more digits', 'rate', { precision: 14, scale: 2 }],
    ['Decimal to Decimal', 'rate', { type: 'Decimal' }],
  ];
  const FIELDS: readonly (readonly [string, string, (column: string) => string, readonly string[]])[] = [
    ['refers to another table', 'child', (column) => column, ['parent']],
    ['is referred to', 'parent', (column) => column, ['child']],
    ['refers to its own table', 'node', (column) => `up_${column}`, ['node']],
    ['is referred to by its own table', 'node', (column) => column, ['node']],
    ['refers to nothing', 'alone', (column) => column, []],
  ];
  let keyed: readonly KnownTable[];

  beforeAll(async () => {
    const references = (table: string, column: string): FieldSpec['references'] => ({
      schema: org,
      table,
      column,
      onDelete: 'CASCADE',
    });
    const owned: readonly FieldSpec[] = [
      { name: 'code', ...code, unique: true },
      { name: 'rate', ...rate, unique: true },
    ];
    await createModels(
      org,
      [
        { table: 'alone', fields: owned },
        { table: 'parent', fields: owned },
        {
          table: 'child',
          fields: [
            { name: 'code', ...code, references: references('parent', 'code') },
            { name: 'rate', ...rate, references: references('parent', 'rate') },
          ],
        },
        {
          table: 'node',
          fields: [
            ...owned,
            { name: 'up_code', ...code, references: references('node', 'code') },
            { name: 'up_rate', ...rate, references: references('node', 'rate') },
          ],
        },
      ],
      session.db,
      options,
    );
    keyed = await knownTables(session.db, [org]);
  });

  it.each(FIELDS.flatMap(([role, ...where]) => CHANGES.map(([title, ...what]) => ({ role, title, where, what }))))(
    'that $role, $title: takes the locks that are planned',
    async ({ where: [table, columnOf, others], what: [column, set] }) => {
      const from = column === 'code' ? code : rate;
      const referencing = others.map((other) => ({ schema: org, table: other }));
      const change: Change = { kind: 'alterField', table, column: columnOf(column), set, from, referencing };
      const seen = await observed(session, keyed, (trx) => applyChange(org, change, trx, options));
      expect(seen.locks).toEqual(strongest(planChange(org, change).steps.flatMap(({ locks }) => locks)));
    },
  );
});

function typeOf({ type, length, precision, scale, values }: FieldSpec): TypeSpec {
  return { type, length, precision, scale, values };
}

function withTitle(error: unknown, title: string): Error {
  return new Error(`${title}: ${(error as Error).message}`, { cause: error });
}
