import { createHash } from 'node:crypto';
import { typeOf } from '../../../field-types';
import type { NewType, TypeSpec } from '../../../field-types/type-change';
import { tableOid } from '../../../sql/catalog-oids';
import { qualified, quoted, type Identifier } from '../../../sql/identifier';
import { literal } from '../../../sql/literal';
import { EQ, GT, typeSql } from '../../../sql/qualified-sql';
import { block } from '../../../sql/server-check';

/** A field that gets another type, by a column that takes its place. */
export interface Retyping {
  readonly org: Identifier;
  readonly table: Identifier;
  readonly column: Identifier;
  readonly from: TypeSpec;
  readonly to: NewType;
  /** As SQL writes the new type. */
  readonly type: string;
  readonly names: OnlineNames;
}

/** The names of what is there until the change is made. */
export interface OnlineNames {
  readonly column: Identifier;
  readonly trigger: Identifier;
  readonly proof: Identifier;
  readonly sequence: Identifier;
  /** Of the copies of indexes and foreign keys: followed by the oid of what they are a copy of. */
  readonly copy: string;
}

const HASH_LENGTH = 12;

export function retypingOf(
  org: Identifier,
  table: Identifier,
  column: Identifier,
  types: Pick<Retyping, 'from' | 'to'>,
): Retyping {
  const hash = createHash('sha256').update(`online.${table}.${column}`).digest('hex').slice(0, HASH_LENGTH);
  const named = (what: string): Identifier => `online_${what}_${hash}` as Identifier;
  return {
    org,
    table,
    column,
    ...types,
    type: typeSql(typeOf(types.to).catalogName(types.to)),
    names: {
      column: named('column'),
      // Triggers run in the order of their names (manual, CREATE TRIGGER): after those that might change the field.
      trigger: `~${named('trigger')}` as Identifier,
      proof: named('proof'),
      sequence: named('sequence'),
      copy: `${named('copy')}_`,
    },
  };
}

/** A condition: the new column has what the old one converts to. No IS DISTINCT, which looks up its operator by the search_path. */
export function isConverted({ column, names, type }: Retyping, row = ''): string {
  const [before, after] = [`${row}${quoted(column)}`, `${row}${quoted(names.column)}`];
  const cast = `${before}::${type}`;
  return `coalesce(${after} ${EQ} ${cast}, ${after} is null and ${cast} is null)`;
}

/**
 * A block about the two columns, which may already be one: `target` is the table's oid, `was` the pg_attribute of the
 * old column.
 */
export function ofColumn({ org, table, column }: Retyping, declarations: string, code: string): string {
  return block(`declare
  target pg_catalog.oid := ${tableOid(org, table)};
  was pg_catalog.record;
  item pg_catalog.record;
  ${declarations}
begin
  select a.* into was from pg_catalog.pg_attribute a
  where a.attrelid ${EQ} target and a.attname ${EQ} ${literal(column)} and a.attnum ${GT} 0;
  ${code}
end`);
}

/** A statement of a block: runs SQL that is put together from texts and expressions. */
export function run(...parts: readonly string[]): string {
  return `execute pg_catalog.concat(${parts.join(', ')});`;
}

/** An expression for {@link run}: a name as SQL writes it. */
export function nameIn(expression: string): string {
  return `pg_catalog.quote_ident(${expression})`;
}

/** An expression for {@link run}: `alter table "org"."table" `, and what follows. */
export function alterIn({ org, table }: Retyping, action = ''): string {
  return literal(`alter table ${qualified(org, table)} ${action}`);
}

/** `case value when …`, whose operator is PostgreSQL's own. */
export function choice(value: string, results: Readonly<Record<string, string>>, otherwise?: string): string {
  const cases = Object.entries(results).map(([constant, result]) => `when ${value} ${EQ} ${constant} then ${result}`);
  return `case ${cases.join(' ')}${otherwise === undefined ? '' : ` else ${otherwise}`} end`;
}
