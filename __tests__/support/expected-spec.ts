// A model as it has to read back, worked out from the documented rules alone: nothing of lib/ is used.
import type { FieldSpec, IndexSpec, ModelSpec } from '../../lib';

/** A model in one form: what goes without saying is not said, lists that have no order are in one, defaults are values. */
export function normalSpec(model: ModelSpec): unknown {
  const { table, fields, comment, indexes = [], foreignKeys = [] } = model;
  const said = fields.filter(({ primaryKey }) => primaryKey === true);
  const key = said.length > 0 ? said : fields.filter(({ name, primaryKey }) => name === 'id' && primaryKey !== false);
  return {
    table,
    fields: fields.map((field) => normalField(field, key.includes(field), key.length)),
    comment: comment || undefined,
    indexes: sorted(indexes.map((index) => normalIndex(index, fields))),
    foreignKeys: sorted([...foreignKeys]),
  };
}

function normalIndex(
  { columns, unique, name, method = 'btree', where = [], include = [], nullsNotDistinct }: IndexSpec,
  fields: readonly FieldSpec[],
): unknown {
  return {
    columns: columns.map((given) => {
      if (typeof given === 'string') return { column: given, order: 'asc', nulls: 'last' };
      const { column, order = 'asc', nulls = order === 'asc' ? 'last' : 'first', lower, operatorClass } = given;
      return { column, order, nulls, lower, operatorClass };
    }),
    unique: unique === true,
    name,
    method,
    include,
    nullsNotDistinct: nullsNotDistinct === true,
    where: where.map(({ column, is, equals }) => {
      const type = fields.find((field) => field.name === column)?.type;
      return { column, is, equals: equals === undefined ? undefined : value({ type, default: equals } as FieldSpec) };
    }),
  };
}

function normalField(field: FieldSpec, isKey: boolean, keyLength: number): unknown {
  const { name, type, nullable, unique, references, comment, length, precision, scale, values, array } = field;
  return {
    name,
    type,
    array: array === true,
    key: isKey,
    nullable: nullable !== false && !isKey && field.identity !== true,
    identity: field.identity === true,
    // A key of one field is unique by itself.
    unique: unique === true && !(isKey && keyLength === 1),
    references,
    comment: comment || undefined,
    length: type === 'String' ? (length ?? 100) : undefined,
    precision,
    scale: precision === undefined ? undefined : (scale ?? 0),
    values: values && [...values].sort(),
    hasDefault: field.default !== undefined && field.default !== null,
    default: value(field),
  };
}

/** The value that a default stands for, as one text. */
function value(field: FieldSpec): string | undefined {
  const { array, default: list } = field;
  if (array !== true || list === undefined || list === null) return valueOfOne(field as OneValue);
  return JSON.stringify(list.map((item) => valueOfOne({ ...field, array: false, default: item } as OneValue)));
}

type OneValue = FieldSpec & { readonly array?: false | undefined };

function valueOfOne({ type, default: given }: OneValue): string | undefined {
  if (given === undefined || given === null) return undefined;
  if (type === 'Json') return JSON.stringify(inOrder(given));
  if (typeof given === 'object' && 'fn' in given) return `${given.fn}()`;
  if (type === 'BigInt') return String(BigInt(given));
  if (type === 'Float') return Object.is(given, -0) || given === '-0' ? '-0' : String(given);
  if (type === 'Decimal')
    return plain(typeof given === 'number' && String(given).includes('e') ? given.toFixed(100) : given);
  if (type === 'DateTime') return typeof given === 'string' ? instant(given) : instant(given.toISOString());
  if (type === 'Date' && given instanceof Date) return given.toISOString().slice(0, 10);
  if (type === 'Time') return time(given instanceof Date ? given.toISOString().slice(11, -1) : given);
  if (type === 'Uuid') return given.toLowerCase();
  if (type === 'Bytes') return given instanceof Uint8Array ? Buffer.from(given).toString('base64') : given.base64;
  return String(given);
}

function inOrder(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(inOrder);
  if (typeof json !== 'object' || json === null) return json;
  return Object.entries(json)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, inOrder(item)]);
}

function plain(given: number | string): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(String(given)) ?? [];
  const digits = `${whole || '0'}${fraction && `.${fraction}`}`;
  return digits === '0' ? digits : sign + digits;
}

function instant(iso: string): string {
  const [, before = '', fraction = '', offset = ''] = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(iso) ?? [];
  return `${new Date(before + offset).toISOString()} ${fraction.padEnd(6, '0')}`;
}

function time(iso: string): string {
  const [clock = '', fraction = ''] = iso.split('.');
  return `${clock.padEnd(8, ':00')}.${fraction.padEnd(6, '0')}`;
}

function sorted<T>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
