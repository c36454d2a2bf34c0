import { TURN, turnKey } from '../run/wire/turn';
import { literal } from '../sql/literal';
import { EQ, GT, isOneOf, LE, MATCHES, NE, OR_BITS, SHIFTED_LEFT } from '../sql/qualified-sql';
import { bit, catalog, json } from './catalogs';
import { COLUMNS, DICTIONARIES } from './columns-sql';
import { CHECK_TEXTS, constraints } from './constraints-sql';
import { indexes, INDEX_TEXTS, OPERATOR_CLASSES } from './indexes-sql';
import { OBJECTS, RELATIONS } from './objects-sql';
import { COMMENTS, PARTS, TABLE_WORDS } from './parts-sql';

/** Which schemas to read. One that `waits` does so where the text of a check can be had only when a lock is gone. */
export type Which =
  | { readonly orgs: readonly string[]; readonly table?: string | undefined; readonly waits?: boolean }
  /** Every schema but these and PostgreSQL's own, by its oid: those after this one, up to that one. */
  | { readonly after: string; readonly upTo?: string | undefined; readonly except: readonly string[] };

/**
 * Everything that is in schemas, in one question that finds each object by an index: its cost is that of these schemas,
 * whatever else the database holds. What is equal is written once, so that the answer for a thousand tenants of one
 * shape is little more than that for one.
 */
export function schemasQuery(which: Which): string {
  const waits = 'orgs' in which && which.waits === true;
  return `with ${[home(which), MEMBERS, relations(which), LOCKED, COLUMNS, constraints(waits), indexes(waits), PARTS, COMMENTS, OBJECTS, SHAPES].join(', ')}
select 'shape' as kind, pg_catalog.concat('[', id, ',', ${json('shown')}, ']') as body from shape
union all select 'objects', pg_catalog.concat('[', id, ',[', shown, ']]') from object_list
union all select 'schema', ${SCHEMA}
union all select 'types', ${answer(DICTIONARIES.types)}
union all select 'methods', ${answer(DICTIONARIES.methods)}
union all select 'operatorClasses', ${answer(OPERATOR_CLASSES)}
union all select 'checks', ${answer(CHECK_TEXTS)}
union all select 'indexTexts', ${answer(INDEX_TEXTS)}`;
}

/** The last oid of each full page of schemas. */
export function pagesQuery(except: readonly string[], pageSize: number): string {
  return `select s.oid::pg_catalog.text as page_end from (
  select n.oid, pg_catalog.row_number() over (order by n.oid) as place from pg_catalog.pg_namespace n where ${isTenant(except)}) s
where pg_catalog.mod(s.place, ${pageSize}) ${EQ} 0 order by s.oid`;
}

/** Whether a schema `n` can be a tenant's. */
function isTenant(except: readonly string[]): string {
  const others = ['information_schema', ...except].map(literal);
  return `not (n.nspname ${MATCHES} '^pg_' or ${isOneOf('n.nspname::pg_catalog.text', 'text', others)} or ${isOfCitus('n.oid')})`;
}

function answer(question: string): string {
  return `(${question})::pg_catalog.text`;
}

function home(which: Which): string {
  const schemas =
    'orgs' in which
      ? `where ${isOneOf('n.nspname::pg_catalog.text', 'text', which.orgs.map(literal))}`
      : `where n.oid ${GT} ${literal(which.after)}::pg_catalog.oid and ${isTenant(which.except)}${
          which.upTo === undefined ? '' : ` and n.oid ${LE} ${literal(which.upTo)}::pg_catalog.oid`
        }`;
  return `home as materialized (
  select n.oid, n.nspname::pg_catalog.text as name, n.nspowner as owner from pg_catalog.pg_namespace n ${schemas}
)`;
}

/** The schemas that Citus has for itself. */
function isOfCitus(schema: string): string {
  return `exists (select from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid ${EQ} d.refobjid
        where d.classid ${EQ} ${catalog('pg_namespace')} and d.objid ${EQ} ${schema} and d.refclassid ${EQ} ${catalog('pg_extension')}
          and ${isOneOf('e.extname::pg_catalog.text', 'text', ["'citus'", "'citus_columnar'"])})`;
}

/** By what pg_depend notes of each object; OFFSET keeps the server from reading that catalog as a whole. */
const MEMBERS = `member as materialized (
  select home.oid as home, home.owner as home_owner, d.classid, d.objid, c.*
  from home cross join lateral (
    select d.classid, d.objid from pg_catalog.pg_depend d
    where d.refclassid ${EQ} ${catalog('pg_namespace')} and d.refobjid ${EQ} home.oid and d.objsubid ${EQ} 0 offset 0) d
  left join lateral (
    select c.relname::pg_catalog.text as name, c.relkind as kind, c.relispartition as is_partition, c.relpersistence as persistence,
      c.relrowsecurity as rowsecurity, c.relforcerowsecurity as forcerowsecurity, c.relreplident as replident, c.reloptions as options,
      c.reltablespace as tablespace, c.relam as method, c.reloftype as oftype, c.relowner as owner, c.relhastriggers as has_triggers, c.relhasrules as has_rules, c.relchecks as checks
    from pg_catalog.pg_class c
    where d.classid ${EQ} ${catalog('pg_class')} and c.oid ${EQ} d.objid offset 0) c on true
)`;

function relations(which: Which): string {
  // With the tables it refers to, whose columns its foreign keys name by their numbers.
  const only =
    'orgs' in which && which.table !== undefined
      ? ` and (member.name ${EQ} ${literal(which.table)} or exists (
      select from pg_catalog.pg_constraint k join member m on m.objid ${EQ} k.conrelid and m.name ${EQ} ${literal(which.table)}
      where k.confrelid ${EQ} member.objid))`
      : '';
  return `rel as materialized (
  select member.objid as oid, member.*
  from member where member.kind ${EQ} any (${RELATIONS})${only}
)`;
}

/** Tables that another session is changing, and tenants whose turn is taken; a prepared transaction has no session. */
const LOCKED = `held as materialized (
  select l.locktype, l.relation, (l.classid::bigint ${SHIFTED_LEFT} 32) ${OR_BITS} l.objid::bigint as key
  from pg_catalog.pg_locks l join pg_catalog.pg_database d on d.oid ${EQ} l.database and d.datname ${EQ} pg_catalog.current_database()
  where l.granted and (l.pid is null or l.pid ${NE} pg_catalog.pg_backend_pid())
    and (l.locktype ${EQ} 'relation' and l.mode ${EQ} 'AccessExclusiveLock' or l.locktype ${EQ} 'advisory' and l.objsubid ${EQ} 1)
), locked as materialized (
  select held.relation as oid from held where held.locktype ${EQ} 'relation'
)`;

/** What tables are like, each once, with the schemas that have one. A record is made of each shape, not of each table. */
const SHAPES = `shape as materialized (
  select pg_catalog.row_number() over () as id, pg_catalog.array_agg(t.home) as homes,
    (t.name, t.kind, t.is_partition, t.words, t.columns, t.keys, t.indexes, t.parts, t.comments)::pg_catalog.text as shown
  from (
    select rel.home, rel.name, rel.kind, rel.is_partition, ${TABLE_WORDS} as words, columns.shown as columns, constraint_lists.shown as keys,
      indexes.shown as indexes, parts.shown as parts, comments.shown as comments
    from rel left join columns on columns.relation ${EQ} rel.oid left join constraint_lists on constraint_lists.relation ${EQ} rel.oid
      left join indexes on indexes.relation ${EQ} rel.oid left join parts on parts.relation ${EQ} rel.oid
      left join comments on comments.relation ${EQ} rel.oid) t
  group by t.name, t.kind, t.is_partition, t.words, t.columns, t.keys, t.indexes, t.parts, t.comments
), shapes as materialized (
  select home, pg_catalog.string_agg(shape.id::pg_catalog.text, ',' order by shape.id) as ids
  from shape cross join pg_catalog.unnest(shape.homes) home group by home
), object_list as materialized (
  select pg_catalog.row_number() over () as id, pg_catalog.array_agg(home) as homes, shown from objects group by shown
), lists as materialized (
  select home, id from object_list cross join pg_catalog.unnest(homes) home
), changing as materialized (
  select rel.home from rel join locked on locked.oid ${EQ} rel.oid
  union select home.oid from home join held on held.locktype ${EQ} 'advisory' and held.key ${EQ} ${turnKey(`pg_catalog.concat('${TURN}', home.name)`)}
)`;

/** `[oid, name, numbers of the shapes, number of the list of objects, whether somebody is changing it]` */
const SCHEMA = `pg_catalog.concat('[', home.oid, ',', ${json('home.name')}, ',[', shapes.ids, '],', coalesce(lists.id, 0), ',',
    ${bit('changing.home is not null')}, ']')
  from home left join shapes on shapes.home ${EQ} home.oid left join lists on lists.home ${EQ} home.oid
    left join changing on changing.home ${EQ} home.oid`;
