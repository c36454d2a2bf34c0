import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { planChanges, type ModelSpec } from '../../lib';
import { fieldTypes } from '../../lib/migration/field-types';
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
    ['a field that refers to its own model', models.some((model) => targets(model).includes(model.table))],
    ['every way to delete', new Set(fields.flatMap(({ references }) => references?.onDelete ?? [])).size === 3],
    ['comments', models.every(({ comment }) => comment !== undefined)],
  ])('have %s', (_what, there) => {
    expect(there).toBe(true);
  });

  it('refer to each other in one circle', () => {
    const between = new Map(models.map((model) => [model.table, targets(model).filter((to) => to !== model.table)]));
    const reached = (from: string): Set<string> => {
      const seen = new Set(between.get(from));
      for (const table of seen) between.get(table)?.forEach((to) => seen.add(to));
      return seen;
    };
    expect([...between.keys()].filter((table) => reached(table).has(table))).toEqual(['person', 'team']);
  });
});

function targets({ fields: own, foreignKeys = [] }: ModelSpec): string[] {
  return [...own, ...foreignKeys].flatMap(({ references }) => references?.table ?? []);
}
