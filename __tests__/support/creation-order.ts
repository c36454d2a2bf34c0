// The order in which models can be created one by one.
import type { FieldSpec, ModelSpec } from '../../lib';

export interface CreationOrder {
  readonly models: readonly ModelSpec[];
  /** Fields left out of a model, since they refer to one that comes after it. */
  readonly later: readonly { readonly table: string; readonly field: FieldSpec }[];
}

/** A referenced model before those that refer to it; where they refer to each other, one field comes later. */
export function inCreationOrder(given: readonly ModelSpec[]): CreationOrder {
  const models: ModelSpec[] = [];
  const later: { table: string; field: FieldSpec }[] = [];
  const waiting = new Map(given.map((model) => [model.table, model]));
  while (waiting.size > 0) {
    const ready = [...waiting.values()].find((model) => missing(model, waiting).length === 0);
    if (ready !== undefined) {
      models.push(ready);
      waiting.delete(ready.table);
      continue;
    }
    // A circle: a model that waits only for fields that can come later is enough.
    const model = [...waiting.values()].find((candidate) =>
      missing(candidate, waiting).every(({ field }) => canComeLater(candidate, field)),
    );
    if (model === undefined) throw new Error('A circle of fields that can not come later.');
    const fields = missing(model, waiting).flatMap(({ field }) => field ?? []);
    later.push(...fields.map((field) => ({ table: model.table, field })));
    waiting.set(model.table, { ...model, fields: model.fields.filter((field) => !fields.includes(field)) });
  }
  return { models, later };
}

function canComeLater({ indexes = [] }: ModelSpec, field: FieldSpec | undefined): boolean {
  if (field === undefined || field.nullable === false) return false;
  return indexes.every((index) => !JSON.stringify(index).includes(JSON.stringify(field.name)));
}

/** What a model refers to that is still waiting, and the field that does; a key of several columns has none. */
function missing(model: ModelSpec, waiting: ReadonlyMap<string, unknown>): { field: FieldSpec | undefined }[] {
  const keys = [
    ...model.fields.map((field) => ({ field, target: field.references?.table })),
    ...(model.foreignKeys ?? []).map(({ references }) => ({ field: undefined, target: references.table })),
  ];
  return keys.filter(({ target }) => target !== undefined && target !== model.table && waiting.has(target));
}
