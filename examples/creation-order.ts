import type { FieldSpec, ModelSpec } from '../lib';

/** A field that waits until the table that it refers to is there. */
export interface LaterField {
  readonly table: string;
  readonly field: FieldSpec;
}

/** Models in an order in which each finds the tables that it refers to; a circle is broken at a field. */
export interface CreationOrder {
  readonly models: readonly ModelSpec[];
  readonly laterFields: readonly LaterField[];
}

export function creationOrder(models: readonly ModelSpec[]): CreationOrder {
  const ordered: ModelSpec[] = [];
  const laterFields: LaterField[] = [];
  let waiting = [...models];
  while (waiting.length > 0) {
    const ready = waiting.filter((model) => targetsOf(model, waiting).length === 0);
    ordered.push(...ready);
    waiting = waiting.filter((model) => !ready.includes(model));
    if (ready.length > 0) continue;
    const closing = closingField(waiting);
    // No field can wait: PostgreSQL says which reference finds nothing.
    if (closing === undefined) return { models: [...ordered, ...waiting], laterFields };
    laterFields.push(closing);
    waiting = waiting.map((model) => (model.table === closing.table ? without(model, closing.field) : model));
  }
  return { models: ordered, laterFields };
}

/** The other tables among `others` that a model refers to. */
function targetsOf({ table, fields, foreignKeys = [] }: ModelSpec, others: readonly ModelSpec[]): string[] {
  const targets = [...fields, ...foreignKeys].flatMap(({ references }) => references?.table ?? []);
  return targets.filter((target) => target !== table && others.some((other) => other.table === target));
}

/** A field that closes a circle and that nothing else of its model needs. */
function closingField(circle: readonly ModelSpec[]): LaterField | undefined {
  for (const model of circle) {
    const needed = [...(model.indexes ?? []), ...(model.foreignKeys ?? [])].flatMap(({ columns }) => columns);
    const field = model.fields.find(
      ({ name, primaryKey, references }) =>
        references !== undefined &&
        reaches(references.table, model.table, circle) &&
        primaryKey !== true &&
        !needed.includes(name),
    );
    if (field !== undefined) return { table: model.table, field };
  }
  return undefined;
}

function reaches(from: string, to: string, circle: readonly ModelSpec[]): boolean {
  const seen = new Set([from]);
  for (const table of seen) {
    const model = circle.find((each) => each.table === table);
    if (model !== undefined) targetsOf(model, circle).forEach((target) => seen.add(target));
  }
  return from !== to && seen.has(to);
}

function without(model: ModelSpec, field: FieldSpec): ModelSpec {
  return { ...model, fields: model.fields.filter((each) => each !== field) };
}
