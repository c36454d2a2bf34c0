// What a change costs the client in objects, by counts: knex's builders cost most, and what is kept stays small.
import knex from 'knex';
import { planChange, type FieldSpec, type IndexSpec, type ModelSpec } from '../../../lib';

interface Compilers {
  tableCompiler(...of: readonly unknown[]): unknown;
}

const client = knex({ client: 'pg' }).client as Compilers;
const written = jest.spyOn(Object.getPrototypeOf(client) as Compilers, 'tableCompiler');

beforeEach(() => written.mockClear());

let last = 0;

/** One that no test has planned before. */
function newField(): FieldSpec & { readonly type: 'String' } {
  last += 1;
  return { name: `field_${last}`, type: 'String', default: 'x' };
}

function planned(field: FieldSpec, org = 'acme-corp', table = 'invoice'): string | undefined {
  return planChange(org, { kind: 'addField', table, field }).steps[0]?.sql;
}

it('has knex write a column that is added once, for all tenants and tables', () => {
  const field = newField();
  for (let index = 0; index < 100; index += 1) {
    expect(planned(field, `org-${index}`, `model_${index}`)).toBe(
      `alter table "org-${index}"."model_${index}" add column "${field.name}" varchar(100) default 'x'`,
    );
  }
  expect(written).toHaveBeenCalledTimes(1);
});

it('has knex write a column that is dropped once, for all tenants and tables', () => {
  for (const table of ['invoice', 'customer']) {
    const change = { kind: 'dropField', table, column: 'dropped' } as const;
    expect(planChange('acme-corp', change).steps[0]?.sql).toBe(
      `alter table "acme-corp"."${table}" drop column "dropped"`,
    );
  }
  expect(written).toHaveBeenCalledTimes(1);
});

it.each<[string, (field: ReturnType<typeof newField>) => FieldSpec]>([
  ['name', () => newField()],
  ['type', ({ name }) => ({ name, type: 'Text', default: 'x' })],
  ['length', (field) => ({ ...field, length: 7 })],
  ['default', (field) => ({ ...field, default: 'y' })],
  ['default, which it has not', ({ name, type }) => ({ name, type })],
  ['nullability', (field) => ({ ...field, nullable: false })],
  ['values', ({ name }) => ({ name, type: 'Enum', values: ['x'], default: 'x' })],
])('has a column of another %s written anew', (_what, changed) => {
  const field = newField();
  const first = planned(field);
  expect(planned(changed(field))).not.toBe(first);
  expect(written).toHaveBeenCalledTimes(2);
});

it('has the check of an enum written anew for another table, which its name is of', () => {
  const field: FieldSpec = { name: newField().name, type: 'Enum', values: ['x'], default: 'x' };
  expect(planned(field)).toMatch(/constraint "invoice_field_/);
  expect(planned(field, 'acme-corp', 'customer')).toMatch(/constraint "customer_field_/);
  expect(written).toHaveBeenCalledTimes(2);
});

describe('a model', () => {
  const model = (): ModelSpec => ({
    table: 'line',
    fields: [
      { name: 'id', type: 'Uuid', nullable: false, default: { fn: 'uuid' } },
      { ...newField(), default: 'not "acme-corp", nor \'"acme-corp".\'' },
      { name: 'code', type: 'String', unique: true, nullable: false },
      { name: 'size', type: 'String' },
    ],
    indexes: [{ columns: ['code', 'size'] }],
  });
  const created = (org: string, spec: ModelSpec): readonly string[] =>
    planChange(org, { kind: 'createModel', ...spec }).steps.map(({ sql }) => sql);

  it('is written by knex once, for all tenants', () => {
    const spec = model();
    const first = created('acme-corp', spec);
    expect(first).toHaveLength(3);
    const own = (org: string): string[] =>
      first.map((sql) => sql.replaceAll('"acme-corp"."line"', () => `"${org}"."line"`));
    expect(created('globex', spec)).toEqual(own('globex'));
    // Not what a replacement by text would make of it.
    expect(created('a$$b', spec)).toEqual(own('a$$b'));
    expect(written).toHaveBeenCalledTimes(1);
  });

  const onIndexes =
    (changed: (index: IndexSpec) => IndexSpec) =>
    ({ indexes = [], ...spec }: ModelSpec): ModelSpec => ({ ...spec, indexes: indexes.map(changed) });

  it.each<[string, (spec: ModelSpec) => ModelSpec]>([
    ['table', (spec) => ({ ...spec, table: 'other' })],
    ['field', ({ fields, ...spec }) => ({ ...spec, fields: [...fields, newField()] })],
    ['order of fields', ({ fields, ...spec }) => ({ ...spec, fields: [...fields].reverse() })],
    ['unique', ({ fields, ...spec }) => ({ ...spec, fields: fields.map(({ unique: _, ...field }) => field) })],
    [
      'key',
      ({ fields, ...spec }) => ({
        ...spec,
        fields: fields.map((field) => ({ ...field, primaryKey: field.name === 'size' })),
      }),
    ],
    ['number of indexes', ({ indexes: _, ...spec }) => spec],
    ['name of an index', onIndexes((index) => ({ ...index, name: 'by_size' }))],
    ['kind of index', onIndexes((index) => ({ ...index, unique: index.unique !== true }))],
    ['order in an index', onIndexes((index) => ({ ...index, columns: [...index.columns].reverse() }))],
  ])('is written anew with another %s', (_what, changed) => {
    const spec = model();
    const first = created('acme-corp', spec);
    expect(created('acme-corp', changed(spec))).not.toEqual(first);
    expect(written).toHaveBeenCalledTimes(2);
  });
});

describe('what knex wrote is kept', () => {
  const long = (index: number): FieldSpec => ({
    name: newField().name,
    type: 'Text',
    default: `${index} `.repeat(2000),
  });

  it('up to half a million characters, and what came first is given up', () => {
    const fields = Array.from({ length: 100 }, (_, index) => long(index));
    fields.forEach((field) => planned(field));
    written.mockClear();
    // Each has some 12,000 with its key; the last ones first, since a look does not bring one back.
    fields.slice(-40).forEach((field) => planned(field));
    expect(written).not.toHaveBeenCalled();
    planned(fields[50] as FieldSpec);
    expect(written).toHaveBeenCalledTimes(1);
  });

  it('but for what is long, which drives out nothing', () => {
    const [small, large] = [
      newField(),
      { name: newField().name, type: 'Text' as const, default: 'long '.repeat(2500) },
    ];
    planned(small);
    planned(large);
    written.mockClear();
    planned(small);
    expect(written).not.toHaveBeenCalled();
    planned(large);
    expect(written).toHaveBeenCalledTimes(1);
  });
});
