import { block } from './guard';
import { HASH_LENGTH, MAX_IDENTIFIER_BYTES, qualified, type Identifier } from './identifier';
import { literal } from './literal';

/** How the names of a table's keys, indexes and checks were derived, and how they are to be derived now. */
export interface Renaming {
  readonly org: Identifier;
  /** As it is called after the renaming. */
  readonly table: Identifier;
  readonly oldTable: Identifier;
  readonly column?: { readonly from: Identifier; readonly to: Identifier };
}

/**
 * Gives the keys, indexes and checks of a table that was renamed, or whose column was, the names that are
 * derived from its new ones. Left as they were, they would be in the way of a table or field that takes the
 * old name. Names that were given, not derived, stay. A block, since only the catalog knows what there is.
 */
export function renameDerived({ org, table, oldTable, column }: Renaming): string {
  const relation = `${literal(qualified(org, table))}::regclass`;
  const was =
    column === undefined ? 'columns' : `array_replace(columns, ${literal(column.to)}, ${literal(column.from)})`;
  return block(`declare derived record;
begin
  for derived in
    with named as (
      select true as is_constraint, k.conname::text as name,
        case k.contype when 'p' then 'pkey' when 'u' then 'key' when 'f' then 'fkey' else 'check' end as kind,
        case k.contype when 'p' then array[]::text[] else (${columnsOf('k.conkey', 'k.conrelid')}) end as columns
      from pg_catalog.pg_constraint k where k.conrelid = ${relation} and k.contype in ('p', 'u', 'f', 'c')
      union all
      select false, i.relname::text, case when x.indisunique then 'key' else 'idx' end,
        (${columnsOf('x.indkey::int2[]', 'x.indrelid')})
      from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid
      where x.indrelid = ${relation}
        and not exists (select from pg_catalog.pg_constraint k where k.conindid = x.indexrelid and k.conrelid = x.indrelid)
    ), renamed as (
      select is_constraint, name, ${derivation(literal(oldTable), was)} as old_name,
        ${derivation(literal(table), 'columns')} as new_name
      from named
    )
    select * from renamed where name = old_name and old_name <> new_name
  loop
    if derived.is_constraint then
      execute format('alter table %I.%I rename constraint %I to %I', ${literal(org)}, ${literal(table)}, derived.old_name, derived.new_name);
    else
      execute format('alter index %I.%I rename to %I', ${literal(org)}, derived.old_name, derived.new_name);
    end if;
  end loop;
end`);
}

function columnsOf(numbers: string, relation: string): string {
  return `select array_agg(a.attname::text order by n.place) from unnest(${numbers}) with ordinality n(attnum, place)
          join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = n.attnum`;
}

/** {@link derivedName} in SQL: as many whole characters as fit, the kind, and the hash of the parts. */
function derivation(table: string, columns: string): string {
  const parts = `array_to_string(array[kind, ${table}] || ${columns}, '.')`;
  const ending = `'_' || kind || '_' || left(encode(sha256(convert_to(${parts}, 'UTF8')), 'hex'), ${HASH_LENGTH})`;
  const readable = `array_to_string(array[${table}] || ${columns}, '_')`;
  return `(select left(r, n) || e from (select ${readable} as r, ${ending} as e) names,
          generate_series(0, length(r)) n where octet_length(left(r, n) || e) <= ${MAX_IDENTIFIER_BYTES} order by n desc limit 1)`;
}
