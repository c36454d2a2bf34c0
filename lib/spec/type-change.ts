import { typeOf, type FieldTypeName } from '../field-types';
import type { TypedField, WholeType } from '../field-types/field-type';

/** A type with its options. */
export type TypeSpec = Omit<TypedField, 'name' | 'keepsOptions'> & { readonly type: FieldTypeName };

/** The type that a column gets. */
export type NewType = TypedField & { readonly type: FieldTypeName };

/**
 * Whether PostgreSQL has to write every row anew for a change of type (manual, ALTER TABLE, Notes): not
 * where the old values are stored as the new type would store them, and can break no limit of it. Where
 * the old type is not known, it has to be reckoned with.
 */
export function rewritesForType(from: TypeSpec | undefined, to: NewType): boolean {
  if (from === undefined) return true;
  const whole = wholeFrom(from, to);
  return whole === undefined || whole.rewrites === true;
}

/** Whether rows may hold more than the new type keeps. */
export function canLose(from: TypeSpec | undefined, to: NewType): boolean {
  if (typeOf(to).keeps('', '', to) === undefined) return false;
  return from === undefined || wholeFrom(from, to) === undefined;
}

/** By the catalog, an Enum is a Text. */
export function isSameInCatalog(from: TypeSpec | undefined, to: NewType): boolean {
  return from !== undefined && catalogName(from) === catalogName(to);
}

function wholeFrom(from: TypeSpec, to: NewType): WholeType | undefined {
  const name = catalogName(from).replace(/\(.*\)/, '');
  const modifier = typeOf(from).modifier({ ...from, name: '' });
  return typeOf(to)
    .takesWhole(to)
    .find((whole) => whole.name === name && isWithin(modifier, whole));
}

function isWithin(modifier: number, { modifiers, scale }: WholeType): boolean {
  if (modifiers === undefined) return true;
  const [min, max] = modifiers;
  return min <= modifier && modifier <= max && (scale === undefined || scaleIn(modifier) === scale);
}

/** Eleven bits below the precision. */
function scaleIn(modifier: number): number {
  return (((modifier - 4) & 2047) ^ 1024) - 1024;
}

function catalogName(spec: TypeSpec): string {
  return typeOf(spec).catalogName({ ...spec, name: '' });
}
