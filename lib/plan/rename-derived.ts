import { block } from '../sql/server-check';
import type { Twofold } from '../sql/statement';
import { HASH_LENGTH, MAX_IDENTIFIER_BYTES, qualified, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { whereReadable } from '../sql/session-settings';
import { renamedNotNulls } from './not-null-names';
import { AND_BITS, CONCAT, EQ, isOneOf, LE, LT, MINUS, NE } from '../sql/qualified-sql';

/** The names from which those of a table's keys, indexes and checks are derived, before and after a rename. */
export interface Renaming {
  readonly org: Identifier;
  /** Its name after the rename. */
  readonly table: Identifier;
  readonly oldTable: Identifier;
  readonly column?: { readonly from: Identifier; readonly to: Identifier };
}

/**
 * Renames the keys, indexes and checks whose names were derived from the old name of a table or column. Otherwise they
 * would be in the way of a new table or field with that name. Chosen names stay. A block, since only the catalog knows
 * what exists. Citus renames no constraint, except with its index: checks and foreign keys keep their names there.
 */
export function renameDerived(renaming: Renaming): Twofold {
  return { sql: renamingBlock(renaming, PLAIN), onCitus: renamingBlock(renaming, BY_INDEX) };
}

/** What is renamed. */
interface Renamed {
  /** The kinds of constraints, as `contype` has them. */
  readonly kinds: readonly string[];
  /** Whether these are renamed as constraints, and not as indexes. */
  readonly asConstraints: boolean;
}

/** Primary keys, uniques, foreign keys and checks. */
const PLAIN: Renamed = { kinds: ['p', 'u', 'f', 'c'].map(literal), asConstraints: true };
const BY_INDEX: Renamed = { kinds: ['p', 'u'].map(literal), asConstraints: false };

function renamingBlock({ org, table, oldTable, column }: Renaming, { kinds, asConstraints }: Renamed): string {
  const relation = `${literal(qualified(org, table))}::pg_catalog.regclass`;
  const was =
    column === undefined
      ? 'columns'
      : `pg_catalog.array_replace(columns, ${literal(column.to)}::pg_catalog.text, ${literal(column.from)}::pg_catalog.text)`;
  const oldColumn = (name: string): string =>
    column === undefined
      ? name
      : `case when ${name} ${EQ} ${literal(column.to)} then ${literal(column.from)} else ${name} end`;
  return block(`declare derived pg_catalog.record;
begin
  ${column === undefined ? '' : leaveUnless(isNamed(relation, column.to))}${whereReadable(`for derived in
    with named as (
      select ${asConstraints} as is_constraint, k.conname::pg_catalog.text as name,
        case when k.contype ${EQ} 'p' then 'pkey' when k.contype ${EQ} 'u' then 'key' when k.contype ${EQ} 'f' then 'fkey' else 'check' end as kind,
        case when k.contype ${EQ} 'p' then array[]::pg_catalog.text[] else (${columnsOf('k.conkey', 'k.conrelid')}) end as columns
      from pg_catalog.pg_constraint k where k.conrelid ${EQ} ${relation} and ${isOneOf('k.contype', '"char"', kinds)}
        and (k.contype ${NE} 'c' or k.coninhcount ${EQ} 0)
      union all
      select false, i.relname::pg_catalog.text, case when x.indisunique then 'key' else 'idx' end,
        (${COLUMNS_OF_INDEX})
      from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid ${EQ} x.indexrelid
      where x.indrelid ${EQ} ${relation} and not exists (
        select from pg_catalog.pg_constraint k where k.conindid ${EQ} x.indexrelid and k.conrelid ${EQ} x.indrelid)
    ), renamed as (
      select is_constraint, name, ${derivation(literal(oldTable), was)} as old_name,
        ${derivation(literal(table), 'columns')} as new_name
      from named${
        asConstraints
          ? `
      union all
      ${renamedNotNulls(relation, { old: literal(oldTable), now: literal(table) }, { old: oldColumn })}`
          : ''
      }
    )
    select * from renamed where name ${EQ} old_name::pg_catalog.name::pg_catalog.text and old_name ${NE} new_name
  loop
    if derived.is_constraint then
      execute pg_catalog.format('alter table %I.%I rename constraint %I to %I', ${literal(org)}, ${literal(table)}, derived.old_name, derived.new_name);
    else
      execute pg_catalog.format('alter index %I.%I rename to %I', ${literal(org)}, derived.old_name, derived.new_name);
    end if;
  end loop;`)}
end`);
}

/** Most columns have no key, index or check. The query below would be planned each time, and takes longer than the rename. */
function isNamed(relation: string, column: Identifier): string {
  return `exists (
    select from pg_catalog.pg_attribute a where a.attrelid ${EQ} ${relation} and a.attname ${EQ} ${literal(column)} and (
      exists (select from pg_catalog.pg_constraint k where k.conrelid ${EQ} a.attrelid and a.attnum ${EQ} any (k.conkey))
      or exists (select from pg_catalog.pg_index x where x.indrelid ${EQ} a.attrelid and (a.attnum ${EQ} any (x.indkey::pg_catalog.int2[]) or x.indexprs is not null))))`;
}

function leaveUnless(condition: string): string {
  return `if not ${condition} then
    return;
  end if;
  `;
}

function columnsOf(numbers: string, relation: string): string {
  return `select pg_catalog.array_agg(a.attname::pg_catalog.text order by n.place)
          from pg_catalog.unnest(${numbers}) with ordinality n(attnum, place)
          join pg_catalog.pg_attribute a on a.attrelid ${EQ} ${relation} and a.attnum ${EQ} n.attnum`;
}

// As pg_get_indexdef writes `lower(column)`.
const LOWERED = String.raw`^lower\(\(?((?:[a-z0-9_]+|"[^"]+"))(?:\)::text)?\)$`;

/** Those that an index finds rows by, with those that it has in lower case; another expression is in no derived name. */
const COLUMNS_OF_INDEX = `select pg_catalog.array_agg(coalesce(a.attname::pg_catalog.text,
            pg_catalog.btrim((pg_catalog.regexp_match(pg_catalog.pg_get_indexdef(x.indexrelid, n.place::integer, false), ${literal(LOWERED)}))[1], '"'), '') order by n.place)
          from pg_catalog.unnest(x.indkey::pg_catalog.int2[]) with ordinality n(attnum, place)
          left join pg_catalog.pg_attribute a on a.attrelid ${EQ} x.indrelid and a.attnum ${EQ} n.attnum and n.attnum ${NE} 0
          where n.place ${LE} x.indnkeyatts`;

/**
 * {@link derivedName} in SQL: as many whole characters as fit, the kind, and the hash of the parts. Uses the bytes of
 * UTF-8 in every database: another encoding has fewer or more bytes for the same name, and SQL_ASCII counts each byte
 * as a character.
 */
function derivation(table: string, columns: string): string {
  const parts = (before: string): string =>
    `pg_catalog.array_cat(array[${before}${table}]::pg_catalog.text[], ${columns})`;
  const hash = `pg_catalog.encode(pg_catalog.sha256(${utf8(`pg_catalog.array_to_string(${parts('kind, ')}, '.')`)}), 'hex')`;
  const ending = `pg_catalog.concat('_', kind, '_', pg_catalog.left(${hash}, ${HASH_LENGTH}))`;
  const readable = utf8(`pg_catalog.array_to_string(${parts('')}, '_')`);
  // A byte 10xxxxxx continues a character (RFC 3629): never cut before one.
  return `(select pg_catalog.convert_from(pg_catalog.substr(r, 1, n), 'UTF8') ${CONCAT} e
          from (select ${readable} as r, ${ending} as e) names, pg_catalog.generate_series(0, pg_catalog.length(r)) n
          where n ${LE} (${MAX_IDENTIFIER_BYTES} ${MINUS} pg_catalog.length(e))
            and case when n ${LT} pg_catalog.length(r) then (pg_catalog.get_byte(r, n) ${AND_BITS} 192) ${NE} 128 else true end
          order by n desc limit 1)`;
}

function utf8(text: string): string {
  return `pg_catalog.convert_to(${text}, 'UTF8')`;
}
