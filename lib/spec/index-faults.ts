import type { Fault } from '../errors';
import { typeOf } from '../field-types';
import { MAX_KEY_COLUMNS } from './column-faults';
import type { Field } from './field-spec';
import type { Index, IndexColumn } from './index-spec';

const UNKNOWN = 'is not a field of this model';

/** Columns of the indexes that are no fields: read as they came, so that one that is wrong hides no fault of the others. */
export function unknownIndexColumns(indexes: unknown, names: readonly string[], maxItems: number): Fault[] {
  return listed(indexes, maxItems).flatMap((index, at) => {
    const { columns, include, where } = (index ?? {}) as Readonly<Record<string, unknown>>;
    const named = (list: unknown, path: string, isName: boolean): Fault[] =>
      listed(list, MAX_KEY_COLUMNS).flatMap((item, place) => {
        const isObject = typeof item === 'object' && item !== null;
        const name = isObject ? (item as { readonly column?: unknown }).column : isName ? item : undefined;
        if (typeof name !== 'string' || names.includes(name)) return [];
        return [{ path: `indexes[${at}].${path}[${place}]${isObject ? '.column' : ''}`, message: UNKNOWN }];
      });
    return [...named(columns, 'columns', true), ...named(include, 'include', true), ...named(where, 'where', false)];
  });
}

function listed(list: unknown, maxItems: number): readonly unknown[] {
  return Array.isArray(list) && list.length <= maxItems ? list : [];
}

/** What an index asks of fields whose types do not have it. */
export function indexTypeFaults(indexes: readonly Index[], fields: readonly Field[]): Fault[] {
  const fieldOf = new Map(fields.map((field) => [field.name as string, field]));
  return indexes.flatMap(({ columns, method, where = [] }, at) => [
    ...columns.flatMap((column, place) => {
      const field = fieldOf.get(typeof column === 'string' ? column : column.column);
      const fault = field && columnFault(field, column, method);
      return fault === undefined ? [] : [{ ...fault, path: `indexes[${at}].columns[${place}]${fault.path}` }];
    }),
    ...where.flatMap(({ column, equals }, place) => {
      const field = fieldOf.get(column);
      const message = field && equals !== undefined ? valueFault(field, equals) : undefined;
      return message === undefined ? [] : [{ path: `indexes[${at}].where[${place}].equals`, message }];
    }),
  ]);
}

function columnFault(field: Field, column: IndexColumn, method: Index['method']): Fault | undefined {
  const { lower, operatorClass } = typeof column === 'string' ? { lower: undefined, operatorClass: undefined } : column;
  const { isText, hasGin } = typeOf(field);
  if (lower === true && !isText) return { path: '.lower', message: `is for a text, and "${field.name}" is not one` };
  if (operatorClass !== undefined || (method !== 'gin' && method !== 'gist')) return undefined;
  if (method === 'gin' && hasGin && lower !== true) return undefined;
  return { path: '', message: `a ${method} index of "${field.name}" needs an operatorClass` };
}

function valueFault(field: Field, equals: string | number | boolean): string | undefined {
  const type = typeOf(field);
  if (type.hasGin) return `"${field.name}" is not compared as a whole`;
  const read = type.readDefault(equals, field);
  return 'fault' in read ? read.fault : undefined;
}
