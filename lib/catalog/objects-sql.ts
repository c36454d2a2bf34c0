import { CONCAT, EQ, NE } from '../sql/qualified-sql';
import { catalog, json } from './catalogs';

/** Those that have columns, keys, indexes or triggers of their own. */
export const RELATIONS = `'{r,p,f,v,m}'::pg_catalog."char"[]`;

/** What a sequence belongs to: a serial's or an identity's goes with its column. */
const OWNER_OF_SEQUENCE = `(select pg_catalog.concat('of ', t.relname, '.', a.attname)
    from pg_catalog.pg_depend owner join pg_catalog.pg_class t on t.oid ${EQ} owner.refobjid
      join pg_catalog.pg_attribute a on a.attrelid ${EQ} t.oid and a.attnum ${EQ} owner.refobjsubid
    where owner.classid ${EQ} ${catalog('pg_class')} and owner.objid ${EQ} member.objid and owner.refclassid ${EQ} ${catalog('pg_class')}
      and owner.deptype ${EQ} any ('{a,i}'::pg_catalog."char"[]) limit 1)`;

/** The types of arguments: those of the schema by their names alone, as PostgreSQL's own. */
function typeNames(oids: string): string {
  return `(select pg_catalog.string_agg(case when t.typnamespace ${EQ} member.home then t.typname::pg_catalog.text else pg_catalog.format_type(t.oid, null) end, ', ' order by u.place)
      from pg_catalog.unnest(${oids}) with ordinality u(oid, place) join pg_catalog.pg_type t on t.oid ${EQ} u.oid)`;
}

/** Its own name, and what tells two of the same name apart. Nothing of the schema's name, which is another for each tenant. */
const NAME = `case
    when member.classid ${EQ} ${catalog('pg_type')} then (select t.typname::pg_catalog.text from pg_catalog.pg_type t where t.oid ${EQ} member.objid)
    when member.classid ${EQ} ${catalog('pg_proc')} then (select pg_catalog.concat(p.proname, '(', ${typeNames('p.proargtypes::pg_catalog.oid[]')}, ')')
      from pg_catalog.pg_proc p where p.oid ${EQ} member.objid)
    when member.classid ${EQ} ${catalog('pg_operator')} then (select pg_catalog.concat(o.oprname, ' (', ${typeNames('array[o.oprleft, o.oprright]')}, ')')
      from pg_catalog.pg_operator o where o.oid ${EQ} member.objid)
    else (select pg_catalog.concat(
        case when what.type ${EQ} 'default acl' then a.object_names[1] when what.type ${EQ} 'publication namespace' then a.object_args[1]
          else a.object_names[pg_catalog.cardinality(a.object_names)] end,
        case when what.type ${EQ} 'default acl' then ' on ' ${CONCAT} a.object_args[1]
          when pg_catalog.cardinality(a.object_names) ${EQ} 3 then ' using ' ${CONCAT} a.object_names[1] end)
      from pg_catalog.pg_identify_object_as_address(member.classid, member.objid, 0) a) end`;

/** What PostgreSQL has made for another object, such as the functions of a range. A sequence of a column is shown. */
const IS_PART = `member.kind is null and exists (select from pg_catalog.pg_depend whole
      where whole.classid ${EQ} member.classid and whole.objid ${EQ} member.objid and whole.deptype ${EQ} 'i'::pg_catalog."char")`;

/**
 * Everything else that is in a schema: views, sequences, functions, types, whatever a later version of PostgreSQL brings.
 * By what the catalogs note of each object, that it needs its schema. As `[kind, name, detail]` each.
 */
export const OBJECTS = `objects as materialized (
  select home, pg_catalog.string_agg(distinct shown, ',') as shown
  from (
    select member.home, pg_catalog.concat('[', ${json('what.type')}, ',', ${json(`coalesce(${NAME}, what.identity)`)}, ',',
      ${json(`coalesce(case when what.type ${EQ} 'sequence' then ${OWNER_OF_SEQUENCE} end, '')`)}, ']') as shown
    from member cross join lateral pg_catalog.pg_identify_object(member.classid, member.objid, 0) what
    where what.type is not null and not (${IS_PART}) and (member.kind is null or not (member.kind ${EQ} any ('{r,p}'::pg_catalog."char"[])))
    union all
    select member.home, pg_catalog.concat('["domain constraint",', ${json('k.conname::pg_catalog.text')}, ',""]')
    from member cross join lateral (
      select k.conname from pg_catalog.pg_constraint k
      where k.conrelid ${EQ} 0 and k.contypid ${EQ} member.objid and k.contype ${NE} 'n'::pg_catalog."char" offset 0) k
    where member.classid ${EQ} ${catalog('pg_type')}
  ) found
  group by home
)`;
