import { typeNames, typeOf, type FieldTypeName } from '../field-types';
import { defaultTextIn } from '../field-types/default-text';
import type { Json } from '../field-types/field-type';
import type { TypeOptions } from '../field-types/options';
import { allowedBy } from '../plan/alter-field/list-checks';
import type { Extra } from '../spec/extra';
import type { FieldSpec } from '../spec/spec-types';
import { identifierFault } from '../sql/identifier';
import type { ColumnFacts, ConstraintFacts, TableFacts } from './facts';

/** A column read as a field, before its keys are known. */
export interface ReadField {
  readonly number: number;
  readonly field: FieldSpec;
}

export interface ReadFields {
  readonly fields: readonly ReadField[];
  readonly extras: readonly Extra[];
}

/** The columns of a table as fields, with the checks that hold them to a list of values. All other checks are extras. */
export function fieldsOf(table: TableFacts): ReadFields {
  const extras: Extra[] = [];
  const checks = table.constraints.filter(({ type }) => type === 'c');
  const lists = new Map<number, ConstraintFacts>();
  for (const check of checks) {
    const [number] = check.columns;
    const isList = check.columns.length === 1 && number !== undefined && valuesOf(check) !== undefined;
    // Of two lists on one column the second one says less, or contradicts.
    if (isList && !lists.has(number) && !check.words.includes('not enforced')) lists.set(number, check);
  }
  const fields = table.columns.flatMap((column) => {
    const check = lists.get(column.number);
    const type = typeIn(column, check);
    if (check !== undefined && type?.usesCheck !== true) lists.delete(column.number);
    if (type === undefined) {
      extras.push({ kind: 'column', name: column.name, table: table.name, detail: whyNoField(column) });
      return [];
    }
    extras.push(...wordsOf(table, column));
    const isIdentity = column.identity === BY_DEFAULT && typeOf({ ...type.options, type: type.name }).canBeIdentity;
    const more = {
      ...(isIdentity ? { identity: true } : nullability(column)),
      ...defaultOf(table, column, type, extras),
      ...commentOf(table, column),
    };
    return [
      { number: column.number, field: { name: column.name, type: type.name, ...type.options, ...more } as FieldSpec },
    ];
  });
  const used = new Set(lists.values());
  for (const check of checks) {
    const words = used.has(check) ? check.words : [...check.words, ...(check.check === null ? [] : [check.check])];
    if (used.has(check) && words.length === 0) continue;
    const columns = check.columns.flatMap(
      (number) => table.columns.find((column) => column.number === number)?.name ?? [],
    );
    extras.push({ kind: 'check', name: check.name, table: table.name, columns, ...detailed(words) });
  }
  return { fields, extras };
}

/** The detail of an extra, where there is one. */
export function detailed(words: readonly string[]): { readonly detail?: string } {
  return words.length === 0 ? {} : { detail: words.join(', ') };
}

function valuesOf({ check }: ConstraintFacts): readonly string[] | undefined {
  return check === null ? undefined : allowedBy(check);
}

interface ReadType {
  readonly name: FieldTypeName;
  readonly options: TypeOptions;
  /** The values are what the check allows. */
  readonly usesCheck: boolean;
}

/** By the registry: exactly one type reads a column. */
function typeIn(
  { name, type, modifier, generated }: ColumnFacts,
  check: ConstraintFacts | undefined,
): ReadType | undefined {
  if (generated !== '' || identifierFault(name, 'column') !== undefined) return undefined;
  const read = (values: readonly string[] | undefined): ReadType | undefined => {
    for (const known of typeNames) {
      const ofOne = typeOf({ type: known });
      const ofMany = ofOne.hasArrays ? typeOf({ type: known, array: true }) : undefined;
      const column = { type, modifier, values };
      const options = ofOne.read(column) ?? ofMany?.read(column);
      if (options !== undefined) return { name: known, options, usesCheck: values !== undefined };
    }
    return undefined;
  };
  const values = check && valuesOf(check);
  return (values && read(values)) ?? read(undefined);
}

function whyNoField({ name, type, modifier, generated }: ColumnFacts): string {
  if (generated !== '') return `generated, type ${type}`;
  const fault = identifierFault(name, 'column');
  return fault ?? (modifier === -1 ? `type ${type}` : `type ${type}, modifier ${modifier}`);
}

/** pg_attribute.attidentity. */
const BY_DEFAULT = 'd';

/** What is unusual about a column that is a field all the same. */
function wordsOf({ name: table, constraints }: TableFacts, column: ColumnFacts): readonly Extra[] {
  const { name, number, identity, collation, words } = column;
  const at = { name, table };
  const extras: Extra[] = words.map((word) => ({ kind: 'column', ...at, detail: word }));
  if (collation !== '') extras.push({ kind: 'column', ...at, detail: `collation ${collation}` });
  if (identity !== '' && identity !== BY_DEFAULT) extras.push({ kind: 'identity', ...at, detail: 'always' });
  for (const constraint of constraints) {
    if (constraint.type !== 'n' || !constraint.columns.includes(number)) continue;
    extras.push({ kind: 'not null', name: constraint.name, table, columns: [name], ...detailed(constraint.words) });
  }
  return extras;
}

function nullability({ isNotNull }: ColumnFacts): { readonly nullable?: false } {
  return isNotNull ? { nullable: false } : {};
}

function commentOf({ comments }: TableFacts, { number }: ColumnFacts): { readonly comment?: string } {
  const comment = comments.get(number);
  return comment === undefined ? {} : { comment };
}

/** A default that the type can say; any other is an extra, with its expression. */
function defaultOf(
  { name: table }: TableFacts,
  { name, default: text, sequences }: ColumnFacts,
  { name: type, options }: ReadType,
  extras: Extra[],
): { readonly default?: Json } {
  if (text === null) return {};
  const read = sequences === null ? defaultTextIn(text) : undefined;
  // PostgreSQL keeps a null that was cast.
  if (read?.is === 'word' && read.value === 'NULL') return {};
  const known = typeOf({ ...options, type });
  const kept = read && known.readDefaultText(read);
  const checked = kept === undefined ? undefined : known.readDefault(kept, { name, ...options });
  if (checked !== undefined && 'kept' in checked && checked.kept !== null) return { default: checked.kept };
  const isPlainSequence = sequences !== null && /^nextval\('(?:[^']|'')*'::regclass\)$/.test(text);
  extras.push({ kind: 'default', name, table, detail: isPlainSequence ? `nextval of ${sequences}` : text });
  return {};
}
