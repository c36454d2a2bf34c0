import { PG_ATTRDEF, PG_CLASS, PG_CONSTRAINT } from '../sql/catalog-oids';
import { literal } from '../sql/literal';
import { CONCAT, EQ, GT, MATCHES, NE } from '../sql/qualified-sql';
import { failing, TRIGGER } from '../sql/server-check';
import { query } from '../sql/statement';
import { isPublished } from './publications';

/** A character that is not part of a name, or the end of the text: only whole names count. */
const NO_NAME_BEFORE = '(?i)(^|[^[:alnum:]_$])';
const NO_NAME_AFTER = '($|[^[:alnum:]_$])';

/** Objects that depend on a column: `own`. */
function hangsOn(table: string, column: string): string {
  return `pg_catalog.pg_depend own
    where own.refclassid ${EQ} ${PG_CLASS} and own.refobjid ${EQ} pg_catalog.to_regclass(${table})
      and own.deptype ${EQ} 'a' and own.classid ${NE} ${PG_ATTRDEF} and own.refobjsubid ${EQ} (
        select attnum from pg_catalog.pg_attribute where attrelid ${EQ} pg_catalog.to_regclass(${table}) and attname ${EQ} ${column})`;
}

/** Those that also depend on another column, or are generated columns. */
const IS_SHARED = `(own.objsubid ${NE} 0 or exists (
        select from pg_catalog.pg_depend other
        where other.classid ${EQ} own.classid and other.objid ${EQ} own.objid and other.refclassid ${EQ} own.refclassid
          and other.refobjid ${EQ} own.refobjid and other.deptype ${EQ} 'a'
          and other.refobjsubid ${NE} 0 and other.refobjsubid ${NE} own.refobjsubid))`;

/** A trigger `g` of the table whose function names the column. */
function namesColumn(table: string, column: string): string {
  return `g.tgrelid ${EQ} pg_catalog.to_regclass(${table}) and not g.tgisinternal and g.tgenabled ${NE} 'D' and (
    select p.prosrc ${MATCHES} pg_catalog.concat('${NO_NAME_BEFORE}', pg_catalog.replace(${column}::pg_catalog.text, '$', '[$]'), '${NO_NAME_AFTER}')
    from pg_catalog.pg_proc p where p.oid ${EQ} g.tgfoid)`;
}

/**
 * Fails for those that are not named: `%1$L` is the table, `%2$L` the column, `%3$L` the names as JSON. On one line: an
 * error with several would be mistaken for one of a function of the database (failures/without-values.ts). The index of
 * a foreign key is that of the key it refers to, which stays.
 */
const REFUSAL =
  `select ${failing('dependents', `%2$L ${CONCAT} ' ' ${CONCAT} %1$L ${CONCAT} ': ' ${CONCAT} pg_catalog.string_agg(shown, ', ' order by shown)`)}
from (
  select path[pg_catalog.cardinality(path)] as name, pg_catalog.quote_ident(path[pg_catalog.cardinality(path)]) as shown
  from (
    select (pg_catalog.pg_identify_object_as_address(own.classid, own.objid, own.objsubid)).object_names as path
    from ${hangsOn('%1$L', '%2$L')}
      and (${IS_SHARED} or exists (
        select from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid ${EQ} i.indrelid
        where i.indrelid ${EQ} own.refobjid and (i.indexrelid ${EQ} own.objid or i.indexrelid ${EQ} (
            select conindid from pg_catalog.pg_constraint k where k.oid ${EQ} own.objid and own.classid ${EQ} ${PG_CONSTRAINT} and k.contype ${NE} 'f'))
          and (i.indisreplident or i.indisprimary and c.relreplident ${EQ} 'd' and ${isPublished('c.oid')})
      ))
  ) paths
  union all
  select g.tgname::pg_catalog.text, pg_catalog.concat('${TRIGGER}', g.tgname)
  from pg_catalog.pg_trigger g where ${namesColumn('%1$L', '%2$L')}
) shared
where name ${NE} all (array(select pg_catalog.json_array_elements_text(%3$L::pg_catalog.json)))
having pg_catalog.count(*) ${GT} 0`.replace(/\s+/g, ' ');

/**
 * Fails for the indexes, keys, checks and statistics that also cover other columns, for the key by which a publication
 * identifies rows, and, on PostgreSQL 14, for columns generated from this one: PostgreSQL drops all of them silently
 * (manual, ALTER TABLE, DROP COLUMN). Also for the triggers of the table whose function names the column: PostgreSQL
 * does not check these, and every later insert would fail. Those that the caller has named are exempt.
 *
 * Most fields have none of them. {@link REFUSAL} is a query of its own, since it would otherwise be planned each time.
 * `$1` is the table, `$2` the column, `$3` the names as JSON.
 */
export const sharedWithOthers = query(
  'shared',
  `select pg_catalog.query_to_xml(pg_catalog.format(${literal(REFUSAL)}, $1::pg_catalog.text, $2::pg_catalog.text, $3::pg_catalog.text), false, false, '')
where exists (
  select from ${hangsOn('$1', '$2')}
    and (${IS_SHARED} or exists (
      select from pg_catalog.pg_index i where i.indrelid ${EQ} own.refobjid and (i.indisprimary or i.indisreplident)
        and own.refobjsubid ${EQ} any (i.indkey::pg_catalog.int2[])))
) or exists (select from pg_catalog.pg_trigger g where ${namesColumn('$1', '$2')})`,
);
