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

/** `create table` with this field. */
function planned(field: FieldSpec, table = 'invoice'): string | undefined {
  return planChange('acme-corp', { kind: 'createModel', table, fields: [field] }).steps[0]?.sql;
}

it.each<[string, (field: ReturnType<typeof newField>) => FieldSpec]>([
  ['name', () => newField()],
  ['type', ({ name }) => ({ name, type: 'Text', default: 'x' })],
  ['length', (field) => ({ ...field, length: 7 })],
  ['default', (field) => ({ ...field, default: 'y' })],
  ['default, which it has not', ({ name, type }) => ({ name, type })],
  ['nullability', (field) => ({ ...field, nullable: false })],
  ['place in the key', (field) => ({ ...field, primaryKey: true })],
  ['values', ({ name }) => ({ name, type: 'Enum', values: ['x'], default: 'x' })],
])('has the table of a field of another %s written anew', (_what, changed) => {
  const field = newField();
  const first = planned(field);
  expect(planned(changed(field))).not.toBe(first);
  expect(written).toHaveBeenCalledTimes(2);
});

it('has a decimal of another precision, of another scale, and a whole number with an identity written anew', () => {
  const { name } = newField();
  const fields: readonly FieldSpec[] = [
    { name, type: 'Decimal', precision: 10, scale: 2 },
    { name, type: 'Decimal', precision: 11, scale: 2 },
    { name, type: 'Decimal', precision: 10, scale: 3 },
    { name, type: 'Int' },
    { name, type: 'Int', identity: true },
  ];
  expect(new Set(fields.map((field) => planned(field))).size).toBe(fields.length);
  expect(written).toHaveBeenCalledTimes(fields.length);
});

describe('a model', () => {
  const model = (): ModelSpec => ({
    table: 'line',
    fields: [
      { name: 'id', type: 'Uuid', nullable: false, default: { fn: 'uuid' } },
      { ...newField(), default: 'not "acme-corp", nor \'"acme-corp".\'' } as FieldSpec,
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
