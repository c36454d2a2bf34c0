import type { Fault } from '../errors';

/** A field, as far as it decides whether a reference can set it to null. */
interface Referring {
  readonly nullable?: boolean | undefined;
  readonly primaryKey?: boolean | undefined;
  readonly references?: { readonly onDelete?: string | undefined } | undefined;
}

const MESSAGE =
  'SET NULL needs a field that can be null: every delete of the row it refers to would fail. Use CASCADE or RESTRICT, or make the field nullable';

/** `on delete set null` on a field that can't be null: PostgreSQL takes it, and then refuses each delete. */
export function setNullFaults({ nullable, primaryKey, references }: Referring): readonly Fault[] {
  if (references?.onDelete !== 'SET NULL' || (nullable !== false && primaryKey !== true)) return [];
  return [{ path: 'references.onDelete', message: MESSAGE }];
}

interface Named extends Referring {
  readonly name: string;
}

interface Keyed {
  readonly columns: readonly string[];
  readonly references: { readonly onDelete: string };
}

/** The same, for a field that is a key by its name, and for the foreign keys of several columns. */
export function setNullFaultsOfModel(
  fields: readonly Named[],
  key: readonly Named[],
  foreignKeys: readonly Keyed[],
): readonly Fault[] {
  const notNull = new Set(fields.filter((field) => field.nullable === false || key.includes(field)).map(nameOf));
  const ofFields = fields.flatMap((field, at) =>
    key.includes(field) ? setNullFaults({ ...field, primaryKey: true }).map(under(`fields[${at}]`)) : [],
  );
  const ofKeys = foreignKeys.flatMap(({ columns, references }, at) =>
    references.onDelete === 'SET NULL' && columns.some((column) => notNull.has(column))
      ? [{ path: `foreignKeys[${at}].references.onDelete`, message: MESSAGE }]
      : [],
  );
  return [...ofFields, ...ofKeys];
}

function nameOf({ name }: Named): string {
  return name;
}

function under(parent: string): (fault: Fault) => Fault {
  return ({ path, message }) => ({ path: `${parent}.${path}`, message });
}
