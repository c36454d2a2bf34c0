import { BOUNDS } from '../codec/bounds';
import { literal } from '../sql/literal';
import { arraySql, IS_CONTAINED, typeSql } from '../sql/qualified-sql';
import { itemsIn } from './array-literal';
import type { DefaultText } from './default-text';
import type { FieldType, Json, Read, TypedField, WholeType } from './field-type';

const arrays = new Map<FieldType, FieldType>();

/** The type of arrays of a type: all of it follows from that of one element. */
export function arrayOf(element: FieldType): FieldType {
  const known = arrays.get(element) ?? made(element);
  arrays.set(element, known);
  return known;
}

function made(element: FieldType): FieldType {
  const catalogName = (field: TypedField): string => `${element.catalogName(field)}[]`;
  // Without a length or a scale: what a default is cast to on the way to its column would be in its text.
  const bare = typeSql(short(element.columnTypes[0] ?? ''));
  return {
    ...element,
    guesses: () => false,
    readDefault: (value, field) => readItems(element, value, field),
    defaultSql: (kept) =>
      `array[${itemsOf(kept)
        .map((item) => element.defaultSql(item))
        .join(', ')}]::${bare}[]`,
    isVolatile: (kept) => itemsOf(kept).some((item) => element.isVolatile(item)),
    unusedValue: () => undefined,
    column: (table, field) => table.specificType(field.name, typeSql(short(catalogName(field)))),
    catalogName,
    columnTypes: element.columnTypes.map((name) => `${name}[]`),
    isText: false,
    canBeIdentity: false,
    // However short its elements are, there may be many.
    isUnbounded: true,
    hasGin: true,
    numberLimits: () => undefined,
    takesWhole: (field) => wholeArrays(element, field),
    ownName: (field, modifier) => `pg_catalog.concat(${element.ownName(field, modifier)}, '[]')`,
    isHeldTo: (value, values) => `${value} ${IS_CONTAINED} ${arraySql('text', values.map(literal))}`,
    read: ({ type, ...column }) => {
      if (!type.endsWith('[]')) return undefined;
      const options = element.read({ ...column, type: type.slice(0, -2) });
      return options && { ...options, array: true };
    },
    readDefaultText: (text) => itemsOfText(element, text),
    defaultValue: (kept) => JSON.stringify(itemsOf(kept).map((item) => element.defaultValue(item))),
  };
}

function short(name: string): string {
  return name.replace('character varying', 'varchar');
}

function itemsOf(kept: Json): readonly Json[] {
  return kept as readonly Json[];
}

function readItems(element: FieldType, value: unknown, field: TypedField): Read {
  if (!Array.isArray(value)) return { fault: 'must be a list of values' };
  if (value.length > BOUNDS.listItems) return { fault: `must have at most ${BOUNDS.listItems} items` };
  const kept: Json[] = [];
  for (const [at, item] of Array.from(value as unknown[]).entries()) {
    // A default that is null means none, and no type takes it.
    const read: Read = item === null ? { fault: 'must not be null' } : element.readDefault(item, field);
    if ('fault' in read) return { fault: `[${at}] ${read.fault}` };
    kept.push(read.kept);
  }
  return { kept };
}

/** PostgreSQL rewrites every array but of the same type: it converts each element, even if nothing changes. */
function wholeArrays(element: FieldType, field: TypedField): readonly WholeType[] {
  const own = element.columnTypes[0] ?? '';
  const modifier = element.modifier(field);
  const isKnown = field.keepsOptions !== true;
  const same: WholeType = { name: `${own}[]`, modifiers: [modifier, modifier] };
  const others = element.takesWhole(field).map((whole) => ({ ...whole, name: `${whole.name}[]`, rewrites: true }));
  return isKnown ? [same, ...others] : others;
}

/** `ARRAY['a'::text, …]`, as we write it, or a constant, `'{a}'::text[]`. */
function itemsOfText(element: FieldType, text: DefaultText): readonly Json[] | undefined {
  if (!text.casts.every((cast) => element.columnTypes.some((name) => cast === `${name}[]`))) return undefined;
  const items = text.is === 'array' ? text.items : text.is === 'text' ? constantsIn(element, text) : undefined;
  if (items === undefined) return undefined;
  const kept = items.map((item) => itemOf(element, item));
  return kept.every((item) => item !== undefined) ? kept : undefined;
}

function constantsIn(element: FieldType, text: DefaultText & { readonly value: string }): DefaultText[] | undefined {
  const items = text.casts.length === 0 ? undefined : itemsIn(text.value);
  if (items === undefined || items.includes(null)) return undefined;
  return items.map((value) => ({ is: 'text', value: value ?? '', casts: element.columnTypes.slice(0, 1) }));
}

/** An element was cast to its type with the array, which for its own default is not written. */
function itemOf(element: FieldType, item: DefaultText): Json | undefined {
  const read = element.readDefaultText(item);
  const isOwn = element.columnTypes.includes(item.casts.at(-1) ?? '');
  return read ?? (isOwn ? element.readDefaultText({ ...item, casts: item.casts.slice(0, -1) }) : undefined);
}
