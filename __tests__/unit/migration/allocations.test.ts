// What a change costs the client in objects, by counts: knex's builders cost most, and what is kept stays small.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import knex from 'knex';
import { planChange, type FieldSpec, type ModelSpec } from '../../../lib';

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
  ['type', (field) => ({ ...field, type: 'Text' })],
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
  const field: FieldSpec = { ...newField(), type: 'Enum', values: ['x'] };
  expect(planned(field)).toMatch(/constraint "invoice_field_/);
  expect(planned(field, 'acme-corp', 'customer')).toMatch(/constraint "customer_field_/);
  expect(written).toHaveBeenCalledTimes(2);
});

describe('a model', () => {
  const model = (): ModelSpec => ({
    table: 'line',
    fields: [
      { name: 'id', type: 'Uuid', default: { fn: 'uuid' } },
      { ...newField(), default: 'not "acme-corp", nor \'"acme-corp".\'' },
      { name: 'code', type: 'String', unique: true },
      { name: 'size', type: 'Enum', values: ['S', '"acme-corp"'] },
    ],
    indexes: [{ columns: ['size'] }, { columns: ['code', 'size'], unique: true, name: 'acme-corp' }],
  });
  const created = (org: string, spec: ModelSpec): readonly string[] =>
    planChange(org, { kind: 'createModel', ...spec }).steps.map(({ sql }) => sql);

  it('is written by knex once, for all tenants', () => {
    const spec = model();
    const first = created('acme-corp', spec);
    expect(first).toHaveLength(4);
    const own = (org: string): string[] =>
      first.map((sql) => sql.replaceAll('"acme-corp"."line"', () => `"${org}"."line"`));
    expect(created('globex', spec)).toEqual(own('globex'));
    // Not what a replacement by text would make of it.
    expect(created('a$$b', spec)).toEqual(own('a$$b'));
    expect(written).toHaveBeenCalledTimes(1);
  });

  it.each<[string, (spec: ModelSpec) => ModelSpec]>([
    ['table', (spec) => ({ ...spec, table: 'other' })],
    ['field', ({ fields, ...spec }) => ({ ...spec, fields: [...fields, newField()] })],
    ['unique', ({ fields, ...spec }) => ({ ...spec, fields: fields.map(({ unique: _, ...field }) => field) })],
    [
      'key',
      ({ fields, ...spec }) => ({
        ...spec,
        fields: fields.map((field) => ({ ...field, primaryKey: field.name === 'code' })),
      }),
    ],
    ['index', ({ table, fields }) => ({ table, fields, indexes: [{ columns: ['size'] }] })],
    ['name of an index', ({ table, fields }) => ({ table, fields, indexes: [{ columns: ['size'], name: 'by_size' }] })],
  ])('is written anew with another %s', (_what, changed) => {
    const spec = model();
    const first = created('acme-corp', spec);
    expect(created('acme-corp', changed(spec))).not.toEqual(first);
    expect(written).toHaveBeenCalledTimes(2);
  });
});

it('keeps half a million characters of what knex wrote, and gives up what came first', () => {
  const fields = Array.from({ length: 100 }, (_, index) => ({
    ...newField(),
    type: 'Text' as const,
    default: `${index} `.repeat(2000),
  }));
  fields.forEach((field) => planned(field));
  written.mockClear();
  planned(fields[99] as FieldSpec);
  expect(written).not.toHaveBeenCalled();
  planned(fields[0] as FieldSpec);
  expect(written).toHaveBeenCalledTimes(1);
});

it('keeps nothing that is longer than that alone', () => {
  const field = { ...newField(), type: 'Text' as const, default: 'long '.repeat(100_000) };
  planned(field);
  planned(field);
  expect(written).toHaveBeenCalledTimes(2);
});

it('leaves nothing on the heap of twenty thousand different changes', () => {
  written.mockRestore();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heapMb = (): number => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const plan = (count: number): void => {
    for (let index = 0; index < count; index += 1) planned(newField(), `org-${last}`, `model_${last}`);
  };
  // Until nothing more is kept.
  plan(5000);
  const before = heapMb();
  plan(20_000);
  // A hundred bytes of each would be two.
  expect(heapMb() - before).toBeLessThan(1);
});
