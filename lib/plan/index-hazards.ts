import { typeOf } from '../field-types';
import type { Field } from '../spec/field-spec';
import { keyColumnsOf, type Index } from '../spec/index-spec';
import { tableOid } from '../sql/catalog-oids';
import type { Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { OLDER_SNAPSHOT } from '../sql/older-snapshot';
import { EQ, GT, isArrayType, isOneOf, LT } from '../sql/qualified-sql';
import { block, guard } from '../sql/server-check';
import type { Hazard, Unforeseen } from './plan';
import { meet, policyIs } from './unforeseen';

/** An entry of a btree is at most a third of a page (manual 67.1.4). */
const MAX_ENTRY_BYTES = 2704;

/** An index that refuses rows, by the types of its fields. */
export function indexSizeHazards(table: Identifier, indexes: readonly Index[], fields: readonly Field[]): Hazard[] {
  const unbounded = new Map(fields.filter((field) => typeOf(field).isUnbounded).map((field) => [field.name, field]));
  return indexes.flatMap((index) => {
    const column = isBtree(index) ? entryColumns(index).find((name) => unbounded.has(name)) : undefined;
    return column === undefined ? [] : [indexSizeHazard(table, index, column)];
  });
}

function isBtree({ method }: Index): boolean {
  return method === undefined;
}

/** All that is in an entry. */
function entryColumns(index: Index): readonly Identifier[] {
  return [...keyColumnsOf(index), ...(index.include ?? [])];
}

function indexSizeHazard(table: Identifier, { unique }: Index, column?: Identifier): Hazard {
  const value = column === undefined ? 'a value' : `a value of "${column}"`;
  return {
    kind: 'indexSize',
    table,
    ...(column === undefined ? {} : { column }),
    message: `A row of "${table}" is refused if ${value} makes its entry in the index longer than ${MAX_ENTRY_BYTES} bytes.`,
    saferWay:
      unique === true
        ? 'Use a String with a length, or index a field that holds a hash of the value.'
        : "Use method: 'gin' for what is in a Json or an array, or method: 'hash' to find equal values of any length.",
  };
}

/** The same where only the catalog knows the types. */
export function unforeseenSize(table: Identifier, index: Index): readonly Unforeseen[] {
  return isBtree(index) ? [{ key: sizeKey(table, index), hazard: indexSizeHazard(table, index) }] : [];
}

/** Its keys are told apart by blanks, of which no name has one. */
function sizeKey(table: Identifier, index: Index): string {
  return `indexSize:${table}.${entryColumns(index).join('.')}`;
}

/** Columns of these types have no limit of their own. */
const UNBOUNDED = ['pg_catalog.text', 'pg_catalog.jsonb'];

/** The catalog may be older than the lock: where the hazard is refused, in doubt it is there. */
const IN_DOUBT = `(${OLDER_SNAPSHOT} and ${policyIs('indexSize', ['refuse'])})`;

/** A text that a check is about, as that of an Enum is, may well have one; an array of such texts has none. */
export function sizeGuards(org: Identifier, table: Identifier, index: Index): readonly string[] {
  if (!isBtree(index)) return [];
  const relation = tableOid(org, table);
  return [
    block(`begin
  if ${IN_DOUBT} or exists (select from pg_catalog.pg_attribute a
    where a.attrelid ${EQ} ${relation} and ${isOneOf('a.attname::pg_catalog.text', 'text', entryColumns(index).map(literal))}
      and (${isArrayType('a.atttypid')} or (${isOneOf('a.atttypid', 'regtype', UNBOUNDED.map(literal))} or a.atttypid ${EQ} 'pg_catalog.varchar'::pg_catalog.regtype and (a.atttypmod ${LT} 0 or a.atttypmod ${GT} ${MAX_ENTRY_BYTES}))
      and not exists (select from pg_catalog.pg_constraint k
        where k.conrelid ${EQ} a.attrelid and k.contype ${EQ} 'c' and k.conkey ${EQ} array[a.attnum]::smallint[]))) then
    ${meet('indexSize', sizeKey(table, index))}
  end if;
end`),
  ];
}

/** For an online change, each statement of which is sent by itself: in a batch, its syntax error comes first. */
export function versionGuards({ nullsNotDistinct }: Index): readonly string[] {
  if (nullsNotDistinct !== true) return [];
  return [
    guard({
      kind: 'spec',
      test: `select where pg_catalog.current_setting('server_version_num')::integer ${LT} ${NULLS_NOT_DISTINCT_SINCE}`,
      reason: literal(NEEDS_NEWER),
    }),
  ];
}

const NULLS_NOT_DISTINCT_SINCE = 150_000;

export const NEEDS_NEWER =
  'nullsNotDistinct needs PostgreSQL 15 or later. Leave it out, or make the fields not nullable';
