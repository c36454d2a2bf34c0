import { typeOf, type FieldTypeName } from './field-types';
import type { TypedField } from './field-types/field-type';

/** A type with its options. */
export type TypeSpec = Omit<TypedField, 'name'> & { readonly type: FieldTypeName };

/**
 * Whether PostgreSQL has to write every row anew for a change of type (manual, ALTER TABLE, Notes): not
 * where the old values are stored as the new type would store them, and can break no limit of it. Where
 * the old type is not known, it has to be reckoned with.
 */
export function rewritesForType(from: TypeSpec | undefined, to: TypeSpec): boolean {
  if (from === undefined) return true;
  return catalogName(from) !== catalogName(to) && !widens(from, to);
}

function widens(from: TypeSpec, to: TypeSpec): boolean {
  const toText = catalogName(to) === 'text';
  if (from.type === 'String') return toText || (to.type === 'String' && lengthOf(from) <= lengthOf(to));
  if (from.type !== 'Decimal' || to.type !== 'Decimal') return false;
  if (to.precision === undefined) return true;
  return from.precision !== undefined && from.precision <= to.precision && (from.scale ?? 0) === (to.scale ?? 0);
}

function catalogName(spec: TypeSpec): string {
  return typeOf(spec).catalogName({ ...spec, name: '' });
}

/** As the catalog has it: the default length is the type's own affair. */
function lengthOf(spec: TypeSpec): number {
  return Number(/\((\d+)\)/.exec(catalogName(spec))?.[1]);
}
