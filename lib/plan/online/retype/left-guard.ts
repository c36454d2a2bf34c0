import { literal } from '../../../sql/literal';
import { AND_BITS, CONCAT, EQ, GT, isOneOf, MATCHES, MINUS, NE } from '../../../sql/qualified-sql';
import { GUARD_STATES } from '../../../sql/server-check';
import { whereReadable } from '../../../sql/session-settings';
import { qualified } from '../../../sql/identifier';
import { listChecks } from '../../alter-field/list-checks';
import { ofColumn, type Retyping } from './retyping';

/**
 * Refuses a column of which something would not follow. Everything that depends on a column is in pg_depend: a kind
 * that {@link carry} and its neighbours do not know is refused too.
 *
 * @param keys once the foreign keys are over the new column, one over the old one has come in since
 */
export function leftGuard(retyping: Retyping, keys?: 'without keys'): string {
  return ofColumn(
    retyping,
    'found pg_catalog.text;',
    `${whereReadable(`found := (select pg_catalog.string_agg(f.what, '; ' order by f.what) from (
    select coalesce(${VIEW}, pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)) as what from pg_catalog.pg_depend d
      where d.refclassid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid ${EQ} target and d.refobjsubid ${EQ} was.attnum
        and not (${follows(retyping, keys === undefined)})
    union ${others(retyping)}) f);`)}
  if found is not null then
    raise exception using errcode = '${GUARD_STATES.left}', message = found, table = ${literal(retyping.table)}, column = ${literal(retyping.column)};
  end if;`,
  );
}

/** An expression: the view of a row `d` of pg_depend, which depends on columns by its rule. */
const VIEW = `(select pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, r.ev_class, 0) from pg_catalog.pg_rewrite r
      where d.classid ${EQ} 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid ${EQ} d.objid and r.rulename ${EQ} '_RETURN')`;

/** Whether a row `d` of pg_depend is something that follows. */
function follows({ names, type }: Retyping, withKeys: boolean): string {
  const of = (catalog: string): string => `'pg_catalog.${catalog}'::pg_catalog.regclass`;
  const property = (name: string): string => `pg_catalog.jsonb_extract_path_text(pg_catalog.to_jsonb(k), '${name}')`;
  return `case
    when d.classid ${EQ} ${of('pg_attrdef')} then exists (select from pg_catalog.pg_attrdef e where e.oid ${EQ} d.objid and e.adrelid ${EQ} target and e.adnum ${EQ} was.attnum)
    when d.classid ${EQ} ${of('pg_class')} then exists (select from pg_catalog.pg_class s where s.oid ${EQ} d.objid and s.relkind ${EQ} 'S')
      or exists (select from pg_catalog.pg_index x where x.indexrelid ${EQ} d.objid and ${isCopied()})
    when d.classid ${EQ} ${of('pg_constraint')} then exists (select from pg_catalog.pg_constraint k where k.oid ${EQ} d.objid and (k.conrelid ${EQ} target or k.contype ${EQ} 'f') and case
      when ${isOneOf('k.contype', '"char"', ["'p'", "'u'"])} then exists (select from pg_catalog.pg_index x where x.indexrelid ${EQ} k.conindid and ${isCopied()})
      when k.contype ${EQ} 'f' then ${withKeys} and (not (k.confrelid ${EQ} target and was.attnum ${EQ} any (k.confkey)) or ${isReferredAlike(type)}) and k.convalidated
        and k.confdeltype ${NE} 'd' and k.confupdtype ${NE} 'd' and ${property('confdelsetcols')} is null
        and coalesce(${property('conenforced')}, 'true') ${EQ} 'true'
      when k.contype ${EQ} 'c' then k.conname ${EQ} ${literal(names.proof)}
        or exists (select from (${listChecks('target', 'was.attnum')}) l where l.name ${EQ} k.conname::pg_catalog.text)
      else k.contype ${EQ} 'n' end)
    else false end`;
}

/**
 * Whether a foreign key `k` to the column can refer to one of the new type: of a plain table of the tenant that we may
 * alter, and compared by an operator of the same family, so that what was equal is.
 */
function isReferredAlike(type: string): string {
  const newType = `${literal(type)}::pg_catalog.regtype::pg_catalog.oid`;
  return `(exists (select from pg_catalog.pg_class c join pg_catalog.pg_class own on own.oid ${EQ} target and own.relnamespace ${EQ} c.relnamespace
          where c.oid ${EQ} k.conrelid and c.relkind ${EQ} 'r' and not c.relispartition and pg_catalog.pg_has_role(c.relowner, 'usage'))
        and exists (select from pg_catalog.pg_amop w join pg_catalog.pg_am m on m.oid ${EQ} w.amopmethod and m.amname ${EQ} 'btree'
          join pg_catalog.pg_amop f on f.amopfamily ${EQ} w.amopfamily and f.amopstrategy ${EQ} w.amopstrategy and f.amoprighttype ${EQ} w.amoprighttype
          where w.amopopr ${EQ} k.conpfeqop[pg_catalog.array_position(k.confkey, was.attnum)] and (f.amoplefttype ${EQ} ${newType}
            or exists (select from pg_catalog.pg_cast b where b.castsource ${EQ} ${newType} and b.casttarget ${EQ} f.amoplefttype and b.castmethod ${EQ} 'b'))))`;
}

/** Whether an index `x` can be built once more, over the new column: it is plain, and its expressions are about others. */
function isCopied(): string {
  const isWithout = (tree: string): string =>
    `coalesce(not (${tree}::pg_catalog.text ${MATCHES} pg_catalog.concat(':varattno ', was.attnum, ' ')), true)`;
  const place = `select from pg_catalog.generate_series(0, x.indnkeyatts ${MINUS} 1) i join pg_catalog.pg_opclass o on o.oid ${EQ} x.indclass[i]
        where x.indkey[i] ${EQ} was.attnum and (not o.opcdefault or x.indcollation[i] ${NE} was.attcollation)`;
  return `x.indisvalid and not x.indisexclusion and not x.indisreplident and not x.indisclustered
        and ${isWithout('x.indexprs')} and ${isWithout('x.indpred')} and not exists (${place})
        and exists (select from pg_catalog.pg_class c join pg_catalog.pg_am m on m.oid ${EQ} c.relam
          where c.oid ${EQ} x.indexrelid and ${isOneOf('m.amname::pg_catalog.text', 'text', ["'btree'", "'hash'"])})`;
}

/** What is in no row of pg_depend: queries of `what`. */
function others({ org, table, names }: Retyping): string {
  const whole = qualified(org, table);
  const named = (text: string, name: string): string => `${literal(text)} ${CONCAT} pg_catalog.quote_ident(${name})`;
  const ownCollation = `was.attcollation ${NE} 0 and was.attcollation ${NE} (select t.typcollation from pg_catalog.pg_type t where t.oid ${EQ} was.atttypid)`;
  // BEFORE, for each row (src/include/catalog/pg_trigger.h).
  const isBeforeRow = `(g.tgtype ${AND_BITS} 3::smallint) ${EQ} 3 and (g.tgtype ${AND_BITS} 20::smallint) ${GT} 0`;
  return [
    `select 'its expression: it is generated' where was.attgenerated ${NE} ''`,
    `select 'its collation' where ${ownCollation}`,
    `select ${named('grants by role ', 'pg_catalog.pg_get_userbyid(l.grantor)::pg_catalog.text')} from pg_catalog.pg_class c, pg_catalog.aclexplode(was.attacl) l
      where c.oid ${EQ} target and l.grantor ${NE} c.relowner`,
    `select ${named('security label of ', 'l.provider')} from pg_catalog.pg_seclabel l where l.classoid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass and l.objoid ${EQ} target and l.objsubid ${EQ} was.attnum`,
    `select ${named('row level security, which is forced on ', literal(whole))} from pg_catalog.pg_class c where c.oid ${EQ} target and c.relforcerowsecurity`,
    `select ${named('publication ', 'p.pubname')} from pg_catalog.pg_publication p where exists (select from pg_catalog.pg_get_publication_tables(p.pubname::pg_catalog.text) t where t.relid ${EQ} target)`,
    `select ${named('a trigger that runs after ours: ', 'g.tgname')} from pg_catalog.pg_trigger g where g.tgrelid ${EQ} target and ${isBeforeRow} and not g.tgisinternal and g.tgname ${GT} ${literal(names.trigger)}::pg_catalog.name`,
  ].join('\n    union ');
}
