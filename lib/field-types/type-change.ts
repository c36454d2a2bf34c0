import { typeNames, typeOf, type FieldTypeName } from '.';
import { literal } from '../sql/literal';
import { EQ, GE, isOneOf, LE, typeSql } from '../sql/qualified-sql';
import type { TypedField, WholeType } from './field-type';
import { scaleIn, scaleSql } from './numeric-modifier';
import { isArray, type TypeOptions } from './options';

/** A type with its options. */
export type TypeSpec = TypeOptions & { readonly type: FieldTypeName };

/** The type that a column gets. */
export type NewType = TypedField & {
  readonly type: FieldTypeName;
  /** A value that the type cannot take is set to null; otherwise it stops the change. */
  readonly unconvertible?: 'null' | undefined;
};

/**
 * Whether PostgreSQL rewrites every row for a change of type (manual, ALTER TABLE, Notes): not if the old values are
 * stored as the new type would store them, and cannot exceed its limits. If the old type is not known, a rewrite is
 * assumed.
 */
export function rewritesForType(from: TypeSpec | undefined, to: NewType): boolean {
  if (from === undefined) return true;
  const whole = wholeFrom(from, to);
  return whole === undefined || whole.rewrites === true;
}

/** Whether rows may contain more than the new type keeps. */
export function canLose(from: TypeSpec | undefined, to: NewType): boolean {
  if (isOfArray(from, to) && !isArray(to)) return true;
  const [one, ofOne] = [from && elementOf(from), elementOf(to)];
  if (typeOf(ofOne).keeps('', '', ofOne) === undefined) return false;
  return one === undefined || wholeFrom(one, ofOne) === undefined;
}

/** The type that is a list by itself, if the other is an array: neither becomes the other. */
export function listBeside(from: TypeSpec, to: TypeSpec): FieldTypeName | undefined {
  if (isArray(from) === isArray(to)) return undefined;
  return [from.type, to.type].find((type) => !typeOf({ type }).hasArrays);
}

/** Whether the column holds arrays so far. Without `from`, the server refuses to make one of the other. */
export function isOfArray(from: TypeSpec | undefined, to: NewType): boolean {
  return isArray(from ?? to);
}

/** The type of one element. */
export function elementOf<T extends TypeOptions>(spec: T): T {
  return isArray(spec) ? { ...spec, array: undefined } : spec;
}

/** Whether every value of the old type is one of the new type, and none loses anything. */
export function takesAll(from: TypeSpec, to: NewType): boolean {
  const whole = wholeFrom(from, to);
  return whole !== undefined && whole.canFail !== true;
}

/** Whether every session converts a value of the old type to the same one of the new type. */
export function castsAlike(from: TypeSpec, to: NewType): boolean {
  return typeOf(to).castsAlike.includes(catalogName(from).replace(/\(.*\)/, ''));
}

/** Whether values may be set to null, as requested, because the new type cannot take them. */
export function canNull(from: TypeSpec | undefined, to: NewType): boolean {
  if (to.unconvertible === undefined || (typeOf(to).isText && typeOf(to).takes('', to) === undefined)) return false;
  return from === undefined || wholeFrom(from, to) === undefined;
}

/** The fault of a change between two types, or arrays of them, that PostgreSQL has no cast for, in any version. */
export function castFault(from: TypeSpec, to: TypeSpec): string | undefined {
  const [before, after] = [typeOf({ type: from.type }), typeOf({ type: to.type })];
  if (before.isText || after.isText) return undefined;
  const known = [...after.columnTypes, ...after.castsFrom];
  if (before.columnTypes.some((name) => known.includes(name))) return undefined;
  return `PostgreSQL has no conversion from ${from.type} to ${to.type}: change the field to a Text first, and then to ${to.type} if its texts are such values; or add a field of the new type and fill it`;
}

/** Whether the two types differ only by a CHECK: the column's own type is the same. */
export function differsByCheck(from: TypeSpec | undefined, to: NewType): boolean {
  if (from === undefined || to.unconvertible !== undefined || catalogName(from) !== catalogName(to)) return false;
  return typeOf(from).isHeldByCheck || typeOf(to).isHeldByCheck;
}

/** The same as an expression on the column: `was` is its pg_attribute. */
export function isWhole(to: NewType): string {
  const alternatives = wholes(to).map(({ name, modifiers, scale }) => {
    const isType = `was.atttypid ${EQ} ${regtype(name)}::pg_catalog.regtype`;
    if (modifiers === undefined) return isType;
    const [min, max] = modifiers;
    const isWithin = `was.atttypmod ${GE} ${min} and was.atttypmod ${LE} ${max}`;
    return [isType, isWithin, ...(scale === undefined ? [] : [`${scaleSql('was.atttypmod')} ${EQ} ${scale}`])].join(
      ' and ',
    );
  });
  return alternatives.length === 0 ? 'false' : `(${alternatives.map((test) => `(${test})`).join(' or ')})`;
}

/** An expression of the new type, or, for a type of text, of the text that is assigned to it. */
export function castOf(value: string, to: NewType, type: string): string {
  return `${value}::${typeOf(to).isText ? 'pg_catalog.text' : type}`;
}

/** Whether a column has one of these types, or one of `others` of the catalog; `was` is its pg_attribute. */
export function isColumnOf(types: readonly TypeSpec[], others: readonly string[] = []): string {
  const names = new Set([...types.flatMap((type) => typeOf(type).columnTypes), ...others]);
  return isOneOf('was.atttypid', 'regtype', [...names].map(regtype));
}

/** Types without a field type whose text depends on the session's settings. */
const OTHERS_WRITTEN_BY_SESSION = ['timestamp without time zone', 'time with time zone', 'interval'];

/** Whether the text of a default depends on the session's settings; `was` is the pg_attribute of its column. */
export function isWrittenBySession(): string {
  const types = typeNames.map((type) => ({ type })).filter((type) => typeOf(type).isWrittenBySession);
  return isColumnOf(types, OTHERS_WRITTEN_BY_SESSION);
}

/** The types whose values need no check. */
function wholes(to: NewType): readonly WholeType[] {
  const all = typeOf(to).takesWhole(to);
  if (to.unconvertible === undefined) return all;
  // Values that its CHECK refuses are set to null.
  return typeOf(to).isHeldByCheck ? [] : all.filter(({ canFail }) => canFail !== true);
}

function wholeFrom(from: TypeSpec, to: NewType): WholeType | undefined {
  const name = catalogName(from).replace(/\(.*\)/, '');
  const modifier = typeOf(from).modifier({ ...from, name: '' });
  return wholes(to).find((whole) => whole.name === name && isWithin(modifier, whole));
}

function isWithin(modifier: number, { modifiers, scale }: WholeType): boolean {
  if (modifiers === undefined) return true;
  const [min, max] = modifiers;
  return min <= modifier && modifier <= max && (scale === undefined || scaleIn(modifier) === scale);
}

function catalogName(spec: TypeSpec): string {
  return typeOf(spec).catalogName({ ...spec, name: '' });
}

function regtype(name: string): string {
  return literal(typeSql(name));
}
