import * as fc from '../../support/fast-check';
import { knex } from 'knex';
import { planChange, planChanges, type Change, type MigrationError } from '../../../lib';
import { fieldTypes } from '../../../lib/field-types';
import { operations } from '../../../lib/plan/operations';
import { EVERY_TYPE } from '../../support/type-samples';

const SHAPE = 'must be letters, digits, "_", "-" and "$", and begin with a letter, a digit or "_"';
const ID = { name: 'id', type: 'String' } as const;
const to = (schema: string, table = 'customer') => ({ schema, table, column: 'id', onDelete: 'CASCADE' }) as const;

function refusal(change: unknown, options?: object): MigrationError {
  return thrownBy(() => planChange('acme-corp', change as Change, options));
}

function thrownBy(work: () => unknown): MigrationError {
  try {
    work();
  } catch (error) {
    return error as MigrationError;
  }
  throw new Error('It was accepted, and should have been refused.');
}

/** The faults as `path: message`, which is also how the message lists them. */
function faults(change: unknown, options?: object): string[] {
  const error = refusal(change, options);
  const lines = (error.faults ?? []).map(({ path, message }) => `${path}: ${message}`);
  for (const line of lines) expect(error.message).toContain(line);
  return lines;
}

function model(rest: object): Record<string, unknown> {
  return { kind: 'createModel', table: 'invoice', fields: [ID], ...rest };
}

function withField(field: object): Record<string, unknown> {
  return model({ fields: [ID, { name: 'a', type: 'String', ...field }] });
}

describe('a change', () => {
  const kinds = `kind: must be one of ${Object.keys(operations).join(', ')}`;

  it.each([
    undefined,
    null,
    'createModel',
    1,
    [],
    [{ kind: 'dropField' }],
    {},
    { kind: 1 },
    { kind: 'dropEverything' },
  ])('is refused where it is %j', (change) => {
    expect(faults(change)).toEqual([kinds]);
    expect(refusal(change)).toMatchObject({ name: 'MigrationError', code: 'INVALID_SPEC', org: 'acme-corp' });
  });

  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'has no kind %s, which every object has',
    (kind) => {
      expect(faults({ kind, table: 'invoice' })).toEqual([kinds]);
    },
  );

  it('may be an instance of a class, of which the own properties count', () => {
    class DropField {
      readonly kind = 'dropField';
      readonly table = 'invoice';
      readonly column = 'a';
    }
    const plan = planChange('acme-corp', new DropField());
    expect(plan.changes).toEqual([{ kind: 'dropField', table: 'invoice', column: 'a' }]);
  });

  it('is nothing that it only inherits', () => {
    expect(faults(Object.create({ kind: 'dropField', table: 'invoice', column: 'a' }))).toEqual([kinds]);
  });

  it('has no property that it only inherits', () => {
    const inherited = Object.assign(Object.create(null) as object, { column: 'a' });
    const change = Object.assign(Object.create(inherited) as object, { kind: 'dropField', table: 'invoice' });
    expect(faults(change)).toEqual(['column: is missing']);
  });

  it('is not touched by what the caller does to it afterwards', () => {
    const given = structuredClone({ kind: 'createModel', table: 'invoice', fields: [ID] }) as { fields: object[] };
    const plan = planChange('acme-corp', given as unknown as Change);
    given.fields.push({ name: 'more', type: 'Text' });
    Object.assign(given.fields[0] as object, { name: 'other' });
    expect(plan.changes).toEqual([{ kind: 'createModel', table: 'invoice', fields: [ID] }]);
  });
});

describe('the org', () => {
  const change = { kind: 'dropField', table: 'invoice', column: 'a' } as const;

  it.each(['', 'public', 'pg_catalog', 'information_schema', 'a.b', 'x'.repeat(64), ' acme'])('is not %j', (org) => {
    expect(thrownBy(() => planChange(org, change))).toMatchObject({ code: 'INVALID_IDENTIFIER', org });
  });

  it.each([undefined, null, 1, {}])('is not %j', (org) => {
    expect(thrownBy(() => planChange(org as never, change))).toMatchObject({
      code: 'INVALID_IDENTIFIER',
      org: '',
      message: expect.stringMatching(/^The org, the first argument, must be a string, but is \w+\.$/) as string,
    });
  });
});

describe('a spec', () => {
  it('is told of an unknown key, with its path', () => {
    const fields = [ID, { name: 'a', type: 'String' }, { name: 'b', type: 'String', requird: true }];
    const error = refusal(model({ fields }));
    expect(error).toMatchObject({
      code: 'INVALID_SPEC',
      org: 'acme-corp',
      table: 'invoice',
      retryScope: 'none',
      faults: [{ path: 'fields[2].requird', message: 'unknown key; did you mean "nullable: false"?' }],
      message:
        'createModel "invoice" was refused, and nothing was sent to the database. fields[2].requird: unknown key; did you mean "nullable: false"?',
    });
  });

  it('is told of every fault at once', () => {
    const change = {
      kind: 'createModel',
      feilds: [],
      table: 'invo.ice',
      comment: 7,
      fields: [
        { name: 'a b', type: 'Nope', requird: true },
        { name: 'b', type: 'String', length: 0, precision: 2 },
        { name: 'c', type: 'Int', default: 'one', nullable: 'no', unique: 1 },
        { type: 'Text', references: { schema: 'pg_catalog', table: '', onDelete: 'SET DEFAULT', onUpdat: 'CASCADE' } },
        { name: 'ctid', type: 'Text', default: null, nullable: false },
        'd',
        null,
      ],
      indexes: [{ columns: ['zz', 'b', 'b'], unique: 'yes', using: 'gin' }, { columns: [] }, {}],
      foreignKeys: [
        { columns: ['b', 'c'], references: { schema: 'public', table: 't', columns: ['x'], onDelete: 'RESTRICT' } },
      ],
    };
    const expected = [
      'feilds: unknown key; did you mean "fields"?',
      `table: ${SHAPE}`,
      'fields[0].requird: unknown key; did you mean "nullable: false"?',
      `fields[0].name: ${SHAPE}`,
      `fields[0].type: must be one of ${Object.keys(fieldTypes).join(', ')}`,
      'fields[1].precision: String takes no precision, Decimal does',
      'fields[1].length: must be a whole number of characters from 1 to 10485760',
      'fields[2].nullable: must be true or false',
      'fields[2].unique: must be true or false',
      'fields[2].default: must be a whole number from -2147483648 to 2147483647',
      'fields[3].name: is missing',
      'fields[3].references.onUpdat: unknown key; did you mean "onUpdate"?',
      'fields[3].references.schema: is a schema of PostgreSQL itself',
      'fields[3].references.table: must not be empty',
      'fields[3].references.column: is missing',
      'fields[3].references.onDelete: must be one of CASCADE, SET NULL, RESTRICT, NO ACTION',
      'fields[4].name: is a system column of PostgreSQL',
      'fields[4].default: null means no default, but the field is not nullable',
      'fields[5]: must be an object, not a string',
      'fields[6]: must be an object',
      'comment: must be a string',
      'indexes[0].using: unknown key',
      'indexes[0].unique: must be true or false',
      'indexes[0].columns[0]: is not a field of this model',
      'indexes[0].columns[2]: duplicates columns[1]',
      'indexes[1].columns: must not be empty',
      'indexes[2].columns: is missing',
      'foreignKeys[0].references.columns: must be as many as columns',
    ];
    const told = faults(change);
    expect([...told].sort()).toEqual([...expected].sort());
    expect(refusal(change).message).toBe(
      `createModel "invo.ice" was refused, and nothing was sent to the database.\n  ${told.join('\n  ')}`,
    );
  });

  it('has the code of a name only where all that is wrong are names', () => {
    const twoNames = refusal(model({ table: 'a.b', fields: [{ name: '', type: 'Text' }] }));
    expect(twoNames).toMatchObject({
      code: 'INVALID_IDENTIFIER',
      table: 'a.b',
      faults: [
        { path: 'table', message: SHAPE, code: 'INVALID_IDENTIFIER' },
        { path: 'fields[0].name', message: 'must not be empty', code: 'INVALID_IDENTIFIER' },
      ],
    });
    expect(refusal(model({ table: 'a.b', more: 1 })).code).toBe('INVALID_SPEC');
    expect(refusal(model({ more: 1, table: 'a.b' })).code).toBe('INVALID_SPEC');
  });

  it.each([
    ['no table', { table: undefined }, 'table: is missing'],
    ['a table that is no text', { table: 7 }, 'table: must be a string'],
    ['no fields', { fields: undefined }, 'fields: is missing'],
    ['fields that are no list', { fields: { id: 'String' } }, 'fields: must be a list'],
    ['a field that is a list', { fields: [[]] }, 'fields[0]: must be an object, not a list'],
    ['a comment with a NUL', { comment: 'a\0' }, 'comment: contains the character NUL, which PostgreSQL cannot store'],
    ['indexes that are no list', { indexes: 'id' }, 'indexes: must be a list'],
    ['an index that is a text', { indexes: ['id'] }, 'indexes[0]: must be an object, not a string'],
    ['an index over nothing', { indexes: [{ columns: [] }] }, 'indexes[0].columns: must not be empty'],
    [
      'an index over no field',
      { indexes: [{ columns: ['no'] }] },
      'indexes[0].columns[0]: is not a field of this model',
    ],
    [
      'an index over a field twice',
      { indexes: [{ columns: ['id', 'id'] }] },
      'indexes[0].columns[1]: duplicates columns[0]',
    ],
    ['a name of an index that is none', { indexes: [{ columns: ['id'], name: 'a b' }] }, `indexes[0].name: ${SHAPE}`],
  ])('is refused with %s', (_what, rest, fault) => {
    expect(faults(model(rest))).toEqual([fault]);
  });

  it.each([
    [
      'a type in other letters',
      { type: 'string' },
      `type: must be one of ${Object.keys(fieldTypes).join(', ')}; did you mean "String"?`,
    ],
    [
      'a type that every object has',
      { type: 'toString' },
      `type: must be one of ${Object.keys(fieldTypes).join(', ')}`,
    ],
    ['a word for unique', { unique: 'true' }, 'unique: must be true or false'],
    ['a number for primaryKey', { primaryKey: 1 }, 'primaryKey: must be true or false'],
    [
      'a comment with half a character',
      { comment: '\ud800' },
      'comment: contains an unpaired surrogate, which is not a character',
    ],
    ['a reference that is a text', { references: 'customer' }, 'references: must be an object, not a string'],
    ['the name of another field', { name: 'id' }, 'name: duplicates fields[0].name'],
    [
      'null as the default of a field that is not nullable',
      { default: null, nullable: false },
      'default: null means no default, but the field is not nullable',
    ],
  ])('is refused with %s in a field', (_what, rest, fault) => {
    expect(faults(withField(rest))).toEqual([`fields[1].${fault}`]);
  });

  it('of one field has its path under `field`', () => {
    const change = {
      kind: 'addField',
      table: 'invoice',
      field: { name: 'a', type: 'Enum', values: ['x', 'x'], more: 1 },
    };
    expect(faults(change)).toEqual(['field.more: unknown key', 'field.values[1]: is listed twice']);
    expect(faults({ kind: 'addField', table: 'invoice', field: { name: 'a', type: 'Int', primaryKey: true } })).toEqual(
      ['field.primaryKey: a key is part of a new model; add the field without it, then make the key with addKey'],
    );
    expect(faults({ kind: 'dropField', table: '', column: 'xmin', cascaed: true })).toEqual([
      'cascaed: unknown key; did you mean "cascade"?',
      'table: must not be empty',
      'column: is a system column of PostgreSQL',
    ]);
  });

  it('shows no value of a default, however wrong it is', () => {
    const secret = 'hunter2';
    for (const type of Object.keys(fieldTypes)) {
      const options = type === 'Enum' ? { values: ['a'] } : type === 'String' ? { length: 1 } : {};
      const wrong = type === 'Text' || type === 'Json' ? `${secret}\0` : secret;
      const error = refusal(withField({ type, ...options, default: wrong }));
      expect(`${error.message} ${JSON.stringify(error)} ${error.stack}`).not.toContain(secret);
    }
  });
});

describe('a reference', () => {
  const references = (schema: string) => withField({ references: to(schema) });

  it('may be to the org itself and to a shared schema', () => {
    for (const schema of ['acme-corp', 'public'])
      expect(planChange('acme-corp', references(schema) as never)).toBeDefined();
    expect(planChange('acme-corp', references('lookup') as never, { sharedSchemas: ['lookup'] })).toBeDefined();
  });

  it.each([
    ['another org', 'globex', {}, 'public'],
    ['a schema that differs in one letter', 'Public', {}, 'public'],
    ['public, where it is not shared', 'public', { sharedSchemas: ['lookup', 'geo'] }, 'lookup, geo'],
    ['anything but the org, where nothing is shared', 'public', { sharedSchemas: [] }, ''],
  ])('to %s is refused', (_what, schema, options, listed) => {
    expect(refusal(references(schema), options)).toMatchObject({
      code: 'CROSS_TENANT_REFERENCE',
      table: 'invoice',
      faults: [
        {
          path: 'fields[1].references.schema',
          message: `"${schema}" is neither the org nor one of sharedSchemas (${listed})`,
          code: 'CROSS_TENANT_REFERENCE',
        },
      ],
    });
  });

  it('to another org is refused wherever it stands', () => {
    const key = {
      columns: ['id', 'a'],
      references: { schema: 'globex', table: 't', columns: ['x', 'y'], onDelete: 'CASCADE' },
    };
    const both = { fields: [ID, { name: 'a', type: 'String', references: to('initech') }], foreignKeys: [key] };
    expect(refusal(model(both)).faults?.map(({ path }) => path)).toEqual([
      'fields[1].references.schema',
      'foreignKeys[0].references.schema',
    ]);
    const added = {
      kind: 'addField',
      table: 'invoice',
      field: { name: 'a', type: 'String', references: to('globex') },
    };
    expect(refusal(added)).toMatchObject({
      code: 'CROSS_TENANT_REFERENCE',
      faults: [{ path: 'field.references.schema' }],
    });
  });

  it('to another tenant is reported beside the other faults', () => {
    const change = withField({ references: to('globex'), requird: true });
    expect(refusal(change).code).toBe('INVALID_SPEC');
    expect(
      refusal(change)
        .faults?.map(({ path }) => path)
        .sort(),
    ).toEqual(['fields[1].references.schema', 'fields[1].requird']);
  });
});

describe('planning', () => {
  it('needs no connection', () => {
    const plan = planChange('acme-corp', { kind: 'dropField', table: 'invoice', column: 'old_field' });
    expect(plan).not.toBeInstanceOf(Promise);
    expect(plan.steps.at(-1)?.sql).toBe('alter table "acme-corp"."invoice" drop column "old_field"');
  });

  it("asks no caller's wrapIdentifier and no caller's postProcessResponse", () => {
    const asked = jest.fn((name: string) => name.toUpperCase());
    const db = knex({ client: 'pg', wrapIdentifier: asked, postProcessResponse: asked });
    const plan = planChange('acme-corp', model({ fields: [{ name: 'userId', type: 'Int' }] }) as never);
    expect(plan.steps[0]?.sql).toBe('create table "acme-corp"."invoice" ("userId" integer)');
    expect(asked).not.toHaveBeenCalled();
    // The same names through the caller's own Knex are others.
    expect(db.schema.withSchema('acme-corp').dropTable('invoice').toString()).toContain('INVOICE');
  });

  it('is the same every time', () => {
    const change = model({
      fields: [ID, ...EVERY_TYPE],
      indexes: [{ columns: ['string', 'int'] }],
    }) as unknown as Change;
    expect(planChange('acme-corp', change)).toEqual(planChange('acme-corp', change));
  });

  it('gives plain data, of which the JSON is the same plan', () => {
    const change = model({ fields: [ID, ...EVERY_TYPE], comment: 'c', indexes: [{ columns: ['string'] }] });
    const plan = planChange('acme-corp', change as never);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(Object.keys(plan)).toEqual(['org', 'changes', 'steps', 'hazards']);
    expect(plan.org).toBe('acme-corp');
  });

  it('of a change that was stored as JSON is the plan of the call', () => {
    const field = fc.oneof(
      fc.record({
        name: fc.constant('f'),
        type: fc.constant('Float'),
        default: fc.double({ noNaN: true, noDefaultInfinity: true }),
      }),
      fc.record({
        name: fc.constant('f'),
        type: fc.constant('BigInt'),
        default: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
      }),
      fc.record({
        name: fc.constant('f'),
        type: fc.constant('DateTime'),
        default: fc.date({
          min: new Date('0001-01-01T00:00:00Z'),
          max: new Date('9999-12-31T00:00:00Z'),
          noInvalidDate: true,
        }),
      }),
      fc.record({
        name: fc.constant('f'),
        type: fc.constant('Bytes'),
        default: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      }),
      fc.record({
        name: fc.constant('f'),
        type: fc.constant('Json'),
        default: fc.jsonValue().filter((value) => value !== null && !JSON.stringify(value).includes('\\u')),
      }),
      fc.record({
        name: fc.constant('f'),
        type: fc.constant('Decimal'),
        default: fc.double({ noNaN: true, noDefaultInfinity: true }),
      }),
    );
    fc.assert(
      fc.property(field, (given) => {
        const change = { kind: 'addField', table: 'invoice', field: given } as never;
        const plan = planChange('acme-corp', change);
        const stored = JSON.parse(JSON.stringify(plan.changes[0])) as Change;
        expect(planChange('acme-corp', stored)).toEqual(plan);
      }),
      { numRuns: 300, examples: [[{ name: 'f', type: 'Float', default: -0 }]] },
    );
  });

  it('leaves out what is not given, undefined and `default: null` alike', () => {
    const sparse = {
      name: 'a',
      type: 'String',
      default: null,
      nullable: undefined,
      unique: undefined,
      comment: undefined,
    };
    const plan = planChange('acme-corp', { kind: 'addField', table: 'invoice', field: sparse } as never);
    expect(JSON.stringify(plan.changes)).toBe(
      '[{"kind":"addField","table":"invoice","field":{"name":"a","type":"String"}}]',
    );
    expect(plan.steps.map(({ sql }) => sql)).toEqual(['alter table "acme-corp"."invoice" add column "a" varchar(100)']);
  });
});

it('names the table of a hazard as its locks do, after two models have changed places', () => {
  const rename = (table: string, to: string): Change => ({ kind: 'renameModel', table, to });
  const field = { name: 'u', type: 'Uuid', default: { fn: 'uuid' } } as const;
  const swap = [rename('invoice', 'tmp'), rename('customer', 'invoice'), rename('tmp', 'customer')];
  const { steps, hazards } = planChanges('acme', [...swap, { kind: 'addField', table: 'customer', field }]);
  const rewrites = hazards.filter(({ kind }) => kind === 'rewrite');
  expect(rewrites).toMatchObject([{ table: 'invoice', message: expect.stringContaining('"invoice"') }]);
  expect(steps.filter((step) => step.rewritesTable).flatMap(({ locks }) => locks)).toMatchObject([
    { table: 'invoice' },
  ]);
});

it('plans for Citus the SQL and the locks that a change has there, and leaves all other plans as they are', () => {
  const field = { name: 'customer_id', type: 'String', references: to('acme-corp') } as const;
  const change = { kind: 'addField', table: 'invoice', field } as const;
  const [plain] = planChange('acme-corp', change).steps;
  const [step] = planChange('acme-corp', change, { citus: true }).steps;
  expect(Object.keys(plain ?? {})).toEqual(['sql', 'locks', 'rewritesTable', 'scansTable', 'transactional']);
  expect(step?.sql).toBe(`do $tenant_ddl$begin\n  ${plain?.sql};\nend$tenant_ddl$`);
  const modes = (locks: typeof plain): unknown => locks?.locks.map(({ table, mode }) => [table, mode]);
  expect(modes(plain)).toEqual([
    ['invoice', 'AccessExclusiveLock'],
    ['customer', 'ShareRowExclusiveLock'],
  ]);
  expect(modes(step)).toEqual([
    ['invoice', 'AccessExclusiveLock'],
    ['customer', 'AccessExclusiveLock'],
  ]);
});

it('plans nothing for Citus that Citus cannot do, and says what to do instead', () => {
  const field = { name: 'number', type: 'Int', identity: true } as const;
  const changes: readonly Change[] = [
    { kind: 'dropField', table: 'line', column: 'note' },
    { kind: 'addField', table: 'invoice', field },
  ];
  expect(planChanges('acme', changes).steps).toHaveLength(2);
  const error = thrownBy(() => planChanges('acme', changes, { citus: true }));
  expect(error).toMatchObject({ code: 'UNSUPPORTED_DATABASE', org: 'acme', table: 'invoice', column: 'number' });
  expect(error).toMatchObject({ message: expect.stringMatching(/^Citus cannot add an identity .*Create the model/) });
});

it('plans for Citus no rename of a constraint', () => {
  const change = { kind: 'renameModel', table: 'invoice', to: 'bill' } as const;
  const [plain, there] = [{}, { citus: true }].map((options) => planChange('acme-corp', change, options).steps[1]?.sql);
  expect(plain).toContain('select true as is_constraint');
  expect(there).toContain('select false as is_constraint');
});
