import type { Fault } from '../errors';
import { canBeNull } from './identity';

/** What a reference does to the rows that refer. */
interface Acting {
  readonly onDelete?: string | undefined;
  readonly onUpdate?: string | undefined;
}

/** The parts of a field that decide whether a reference can set it to null. */
interface Referring {
  readonly nullable?: boolean | undefined;
  readonly identity?: boolean | undefined;
  readonly primaryKey?: boolean | undefined;
  readonly references?: Acting | undefined;
}

/** What is wrong with it, and what to do. */
export const SET_NULL_REASON =
  'SET NULL needs a field that can be null: every delete or update of the row it refers to would fail. Use CASCADE or RESTRICT, or make the field nullable';

/** `on delete set null` on a field that cannot be null: PostgreSQL accepts it, and then refuses each delete. */
export function setNullFaults(field: Referring): readonly Fault[] {
  const { primaryKey, references } = field;
  if (references === undefined || (canBeNull(field) && primaryKey !== true)) return [];
  return settingNull(references).map((path) => ({ path: `references.${path}`, message: SET_NULL_REASON }));
}

/** The actions of a reference that set its columns to null. */
export function settingNull(references: Acting): readonly (keyof Acting)[] {
  return (['onDelete', 'onUpdate'] as const).filter((action) => references[action] === 'SET NULL');
}

interface Named extends Referring {
  readonly name: string;
}

interface Keyed {
  readonly columns: readonly string[];
  readonly references: Acting;
}

/** The same for a field that is the key because of its name, and for foreign keys over several columns. */
export function setNullFaultsOfModel(
  fields: readonly Named[],
  key: readonly Named[],
  foreignKeys: readonly Keyed[],
): readonly Fault[] {
  const notNull = new Set(fields.filter((field) => !canBeNull(field) || key.includes(field)).map(nameOf));
  const ofFields = fields.flatMap((field, at) =>
    key.includes(field) ? setNullFaults({ ...field, primaryKey: true }).map(under(`fields[${at}]`)) : [],
  );
  const ofKeys = foreignKeys.flatMap(({ columns, references }, at) =>
    columns.some((column) => notNull.has(column))
      ? settingNull(references).map((action) => ({
          path: `foreignKeys[${at}].references.${action}`,
          message: SET_NULL_REASON,
        }))
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
