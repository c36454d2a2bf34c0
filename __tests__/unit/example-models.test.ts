import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadFile, readModels } from '../../examples/models-file';
import { planChanges, type ModelSpec } from '../../lib';
import { fieldTypes } from '../../lib/field-types';
import { root } from '../support/markdown';

const models = JSON.parse(readFileSync(join(root, 'examples/models/crm.json'), 'utf8')) as ModelSpec[];
const fields = models.flatMap((model) => model.fields);
const keyOf = (model: ModelSpec): readonly unknown[] => model.fields.filter(({ primaryKey }) => primaryKey === true);

describe('the models of the example', () => {
  it('are right', () => {
    const changes = models.map((model) => ({ ...model, kind: 'createModel' as const }));
    expect(planChanges('acme-corp', changes).hazards).toEqual([]);
  });

  it('have every type, and a default of each that an example can show', () => {
    const types = (given: typeof fields): string[] => [...new Set(given.map(({ type }) => type as string))].sort();
    expect(types(fields)).toEqual(Object.keys(fieldTypes).sort());
    // Of a BigInt nobody wants one.
    expect(types(fields.filter((field) => field.default !== undefined))).toEqual(
      Object.keys(fieldTypes)
        .filter((type) => type !== 'BigInt')
        .sort(),
    );
  });

  it.each([
    ['keys of several fields', models.some((model) => keyOf(model).length > 1)],
    ['a foreign key of several fields', models.some(({ foreignKeys = [] }) => foreignKeys.length > 0)],
    ['indexes, unique ones too', models.some(({ indexes = [] }) => indexes.some(({ unique }) => unique))],
    ['a field that refers to its own model', models.some((model) => targetsOf(model).includes(model.table))],
    ['every way to delete', new Set(fields.flatMap(({ references }) => references?.onDelete ?? [])).size === 3],
    ['comments', models.every(({ comment }) => comment !== undefined)],
  ])('have %s', (_what, there) => {
    expect(there).toBe(true);
  });

  it('refer to each other in one circle', () => {
    const between = new Map(models.map((model) => [model.table, targetsOf(model).filter((to) => to !== model.table)]));
    const reached = (from: string): Set<string> => {
      const seen = new Set(between.get(from));
      for (const table of seen) between.get(table)?.forEach((to) => seen.add(to));
      return seen;
    };
    expect([...between.keys()].filter((table) => reached(table).has(table))).toEqual(['person', 'team']);
  });
});

describe('a file of models', () => {
  const folder = mkdtempSync(join(tmpdir(), 'models-file-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const field = { name: 'id', type: 'Int' };
  const elsewhere = { schema: 'other', table: 'b', column: 'id', onDelete: 'CASCADE' };

  it.each([
    ['is no JSON', '[{"table": ', 'wrong.json is no JSON'],
    ['holds no list', '{"table": "a"}', 'must be a list of models'],
    ['holds an empty list', '[]', 'must be a list of models'],
    ['holds an unknown key', [{ table: 'a', fields: [{ ...field, requird: true }] }], 'fields[0].requird: unknown key'],
    ['holds no model', [7], 'table: is missing'],
    ['refers to another tenant', [{ table: 'a', fields: [{ ...field, references: elsewhere }] }], '"other" is neither'],
  ])('is refused when it %s', (_what, content, reason) => {
    const path = join(folder, 'wrong.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    expect(() => readModels(path)).toThrow(BadFile);
    expect(() => readModels(path)).toThrow(reason);
  });

  it('is refused when it is not there', () => {
    expect(() => readModels(join(folder, 'gone.json'))).toThrow(/can not be read: ENOENT/);
  });

  it('is told of every model that is wrong', () => {
    const path = join(folder, 'wrong.json');
    writeFileSync(
      path,
      JSON.stringify([{ table: 'a b', fields: [field] }, { table: 'good', fields: [field] }, { table: 'c' }]),
    );
    expect(() => readModels(path)).toThrow(/"a b"[^]*"c"/);
  });
});

function targetsOf({ fields: own, foreignKeys = [] }: ModelSpec): string[] {
  return [...own, ...foreignKeys].flatMap(({ references }) => references?.table ?? []);
}
