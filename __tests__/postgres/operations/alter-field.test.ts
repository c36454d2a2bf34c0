// One property of a column at a time: what is named changes, and nothing else.
import {
  alterField,
  createModels,
  type FieldChangesSpec,
  type FieldSpec,
  type ModelSpec,
  type TypeSpec,
} from '../../../lib';
import { columnFacts, type ColumnFacts } from '../../support/column-facts';
import { migrationError } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest();

/** Types, by what pg_attribute calls them. */
const TEXT = '25';
const BIGINT = '20';
const INTEGER = '23';

beforeEach(async () => {
  await createModels(org, models(), db, options);
  await db.raw(`insert into "${org}".customer values ('c1', 1, 1); insert into "${org}".invoice default values`);
});

/** Each column of `invoice` has all that a column can have. */
function models(): ModelSpec[] {
  const all = (name: string, spec: Omit<FieldSpec, 'name'>): FieldSpec =>
    ({
      ...spec,
      name: `customer_${name}`,
      nullable: false,
      unique: true,
      comment: `The customer's ${name}`,
      references: { schema: org, table: 'customer', column: name, onDelete: 'RESTRICT' },
    }) as FieldSpec;
  return [
    {
      table: 'customer',
      fields: [
        { name: 'code', type: 'String', unique: true },
        { name: 'no', type: 'Int', unique: true },
        { name: 'rate', type: 'Decimal', precision: 12, scale: 2, unique: true },
      ],
    },
    {
      table: 'invoice',
      fields: [
        all('code', { type: 'String', length: 40, default: 'c1' }),
        all('no', { type: 'Int', default: 1 }),
        all('rate', { type: 'Decimal', precision: 12, scale: 2, default: 1 }),
        { name: 'status', type: 'Enum', values: ['draft', 'sent'], default: 'draft', nullable: false, comment: 's' },
      ],
      indexes: [{ columns: ['customer_code', 'status'] }],
    },
  ];
}

interface Case {
  readonly column: string;
  readonly set: FieldChangesSpec;
  readonly from?: TypeSpec;
  /** What of the facts is another. */
  readonly changed: (was: ColumnFacts) => Partial<ColumnFacts>;
}

const attribute =
  (changed: Record<string, unknown>) =>
  (was: ColumnFacts): Partial<ColumnFacts> => ({ attribute: { ...was.attribute, ...changed } });

const CASES: Readonly<Record<string, Case>> = {
  'a longer String': {
    column: 'customer_code',
    set: { length: 60 },
    from: { type: 'String', length: 40 },
    changed: attribute({ atttypmod: 64 }),
  },
  'a shorter String': { column: 'customer_code', set: { length: 4 }, changed: attribute({ atttypmod: 8 }) },
  'the type String to Text': {
    column: 'customer_code',
    set: { type: 'Text' },
    changed: attribute({ atttypid: TEXT, atttypmod: -1 }),
  },
  'the type Int to BigInt': {
    column: 'customer_no',
    set: { type: 'BigInt' },
    changed: attribute({ atttypid: BIGINT, attlen: 8, attalign: 'd' }),
  },
  'the digits of a Decimal': {
    column: 'customer_rate',
    set: { precision: 14, scale: 3 },
    changed: attribute({ atttypmod: 14 * 65536 + 3 + 4 }),
  },
  nullable: { column: 'customer_code', set: { nullable: true }, changed: attribute({ attnotnull: false }) },
  'not nullable, which it is': { column: 'customer_code', set: { nullable: false }, changed: () => ({}) },
  default: {
    column: 'customer_code',
    set: { default: "it's new?" },
    changed: () => ({ default: "'it''s new?'::character varying" }),
  },
  'no default': { column: 'customer_code', set: { default: null }, changed: dropDefault },
  'not unique': { column: 'customer_code', set: { unique: false }, changed: (was) => without(was, 'UNIQUE') },
  comment: {
    column: 'customer_code',
    set: { comment: "it's\n\\ new?" },
    changed: () => ({ comment: "it's\n\\ new?" }),
  },
  'no comment': { column: 'customer_code', set: { comment: '' }, changed: () => ({ comment: null }) },
  'the values of an Enum': {
    column: 'status',
    set: { values: ['draft', "won't"] },
    changed: (was) => ({
      constraints: Object.fromEntries(
        Object.entries(was.constraints).map(([name, text]) => [name, text.replace("'sent'", "'won''t'")]),
      ),
    }),
  },
  'the type Enum to Text': { column: 'status', set: { type: 'Text' }, changed: () => ({ constraints: {} }) },
};

function dropDefault(was: ColumnFacts): Partial<ColumnFacts> {
  return { ...attribute({ atthasdef: false })(was), default: null };
}

/** Without the constraint whose definition begins so, and its index. */
function without({ constraints, indexes }: ColumnFacts, beginning: string): Partial<ColumnFacts> {
  const names = Object.keys(constraints).filter((name) => constraints[name]?.startsWith(beginning));
  expect(names).toHaveLength(1);
  const kept = (facts: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(facts).filter(([name]) => !names.includes(name)));
  return { constraints: kept(constraints), indexes: kept(indexes) };
}

it('has a column with default, NOT NULL, unique, comment, index and foreign key', async () => {
  const { customer_code: facts } = await columnFacts(db, org, 'invoice');
  expect(facts).toMatchObject({
    attribute: { attnotnull: true },
    default: "'c1'::character varying",
    comment: "The customer's code",
  });
  expect(Object.values(facts?.constraints ?? {}).sort()).toEqual([
    expect.stringMatching(/^FOREIGN KEY/),
    expect.stringMatching(/^UNIQUE/),
  ]);
  expect(Object.keys(facts?.indexes ?? {})).toHaveLength(2);
});

it.each(Object.keys(CASES))('changes %s, and nothing else', async (title) => {
  const { column, set, from, changed } = CASES[title] as Case;
  const before = await columnFacts(db, org, 'invoice');
  const row = await db('invoice').withSchema(org).first();
  await alterField(org, 'invoice', column, set, db, { ...options, from });
  const was = before[column] as ColumnFacts;
  expect(await columnFacts(db, org, 'invoice')).toEqual({ ...before, [column]: { ...was, ...changed(was) } });
  const { [column]: value, ...others } = await db('invoice').withSchema(org).first();
  expect({ ...others, [column]: row[column] }).toEqual(row);
  // More digits, or those of a BigInt as a string.
  expect(String(value)).toContain(String(row[column]));
});

it('makes a field unique again under the name that it had', async () => {
  const before = await columnFacts(db, org, 'invoice');
  await alterField(org, 'invoice', 'customer_code', { unique: false }, db, options);
  await alterField(org, 'invoice', 'customer_code', { unique: true }, db, options);
  expect(await columnFacts(db, org, 'invoice')).toEqual(before);
});

it('gives an Enum back its values after it was Text', async () => {
  const before = await columnFacts(db, org, 'invoice');
  await alterField(org, 'invoice', 'status', { type: 'Text' }, db, options);
  await alterField(org, 'invoice', 'status', { type: 'Enum', values: ['draft', 'sent'] }, db, options);
  expect(await columnFacts(db, org, 'invoice')).toEqual(before);
});

it('changes several properties at once', async () => {
  await db.raw(`truncate "${org}".invoice`);
  const set: FieldChangesSpec = { type: 'Int', default: 7, nullable: true, unique: true, comment: 'A number' };
  await alterField(org, 'invoice', 'status', set, db, options);
  expect((await columnFacts(db, org, 'invoice')).status).toMatchObject({
    attribute: { atttypid: INTEGER, attnotnull: false },
    default: '7',
    comment: 'A number',
  });
  const { constraints } = (await columnFacts(db, org, 'invoice')).status as ColumnFacts;
  expect(Object.values(constraints)).toEqual([expect.stringMatching(/^UNIQUE/)]);
});

describe('a change that the rows do not allow', () => {
  it.each<[string, FieldChangesSpec, object]>([
    ['customer_code', { length: 1, default: null }, { code: 'CONVERSION_FAILED', sqlState: '22001' }],
    ['status', { values: ['sent'], default: 'sent' }, { code: 'CHECK_VIOLATION', sqlState: '23514' }],
    ['customer_no', { type: 'Uuid', default: null }, { code: 'INVALID_SPEC', sqlState: '42846' }],
    ['customer_no', { length: 40 }, { code: 'INVALID_SPEC', message: expect.stringContaining('takes no length') }],
    ['customer_no', { values: ['1'] }, { code: 'INVALID_SPEC', message: expect.stringContaining('takes no values') }],
    ['customer_code', { precision: 6, scale: 1 }, { code: 'INVALID_SPEC' }],
    ['customer_code', { length: 1 }, { code: 'INVALID_SPEC', message: expect.stringContaining('default') }],
    ['status', { values: ['sent'] }, { code: 'INVALID_SPEC', message: expect.stringContaining('default') }],
    ['customer_code', { unique: true }, { code: 'INDEX_EXISTS' }],
    ['status', { unique: false }, { code: 'INDEX_NOT_FOUND' }],
    ['nowhere', { nullable: true }, { code: 'FIELD_NOT_FOUND', column: 'nowhere' }],
  ])('to %s, %j, is refused and leaves all as it was', async (column, set, expected) => {
    const before = await columnFacts(db, org, 'invoice');
    expect(await migrationError(alterField(org, 'invoice', column, set, db, options))).toMatchObject(expected);
    expect(await columnFacts(db, org, 'invoice')).toEqual(before);
  });

  it('as not nullable is a NOT_NULL_VIOLATION', async () => {
    await alterField(org, 'invoice', 'customer_no', { nullable: true, default: null }, db, options);
    await db.raw(`update "${org}".invoice set customer_no = null`);
    const error = await migrationError(alterField(org, 'invoice', 'customer_no', { nullable: false }, db, options));
    expect(error).toMatchObject({ code: 'NOT_NULL_VIOLATION', table: 'invoice', column: 'customer_no' });
    expect(error.message).toContain(`select * from "${org}"."invoice" where "customer_no" is null`);
    expect(error.message).not.toContain('Set a default');
  });

  it('as unique is a UNIQUE_VIOLATION, whose message tells what to do', async () => {
    await alterField(org, 'invoice', 'customer_code', { unique: false }, db, options);
    await db.raw(`insert into "${org}".customer values ('c2', 2, 2); insert into "${org}".invoice values ('c1', 2, 2)`);
    const error = await migrationError(alterField(org, 'invoice', 'customer_code', { unique: true }, db, options));
    expect(error).toMatchObject({ code: 'UNIQUE_VIOLATION', table: 'invoice' });
    expect(error.message).toMatch(/violate the unique constraint.*Correct these first/);
  });

  it('that a default cannot follow says so, and not that a foreign key cannot', async () => {
    await db.raw(`truncate "${org}".invoice`);
    const error = await migrationError(alterField(org, 'invoice', 'status', { type: 'Int' }, db, options));
    expect(error.code).toBe('INVALID_SPEC');
    expect(error.message).toMatch(/default/);
    expect(error.message).not.toMatch(/foreign key/i);
  });

  it('that a view reads is DEPENDENT_OBJECTS, with its name', async () => {
    await db.raw(`create view "${org}".statuses as select status from "${org}".invoice`);
    const error = await migrationError(alterField(org, 'invoice', 'status', { type: 'String' }, db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', message: expect.stringContaining('statuses') });
  });
});
