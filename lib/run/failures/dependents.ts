import { CONCAT, EQ, NE } from '../../sql/qualified-sql';

/** The catalogs whose rows name their schema. */
const IN_A_SCHEMA = {
  pg_class: 'relnamespace',
  pg_proc: 'pronamespace',
  pg_type: 'typnamespace',
  pg_constraint: 'connamespace',
  pg_operator: 'oprnamespace',
  pg_opclass: 'opcnamespace',
  pg_opfamily: 'opfnamespace',
  pg_collation: 'collnamespace',
  pg_conversion: 'connamespace',
  pg_statistic_ext: 'stxnamespace',
  pg_ts_config: 'cfgnamespace',
  pg_ts_dict: 'dictnamespace',
  pg_ts_parser: 'prsnamespace',
  pg_ts_template: 'tmplnamespace',
  pg_default_acl: 'defaclnamespace',
} as const;

/** The catalogs whose rows are part of an object in a schema: the column that refers to it, and its catalog. */
const PART_OF = {
  pg_attrdef: ['adrelid', 'pg_class'],
  pg_rewrite: ['ev_class', 'pg_class'],
  pg_trigger: ['tgrelid', 'pg_class'],
  pg_policy: ['polrelid', 'pg_class'],
  pg_publication_rel: ['prrelid', 'pg_class'],
  pg_amop: ['amopfamily', 'pg_opfamily'],
  pg_amproc: ['amprocfamily', 'pg_opfamily'],
  pg_transform: ['trftype', 'pg_type'],
} as const;

/** The oid of a catalog, as in `classid` and `refclassid`. */
export function catalogOid(catalog: string): string {
  return `'pg_catalog.${catalog}'::pg_catalog.regclass`;
}

/** The oid of a schema by its name, which is a constant or a variable. */
export function schemaOid(name: string): string {
  return `(select oid from pg_catalog.pg_namespace where nspname ${EQ} ${name}::pg_catalog.name)`;
}

/**
 * Rows `(name, outside)` of the objects in `found`, which has `(classid, objid, objsubid)`: the name of each, and
 * whether it is outside the schema with the oid `home`. That is looked up in its own catalog, since the first part
 * of a name is not always a schema. An object without a schema, such as an extension, is outside. The row type of
 * a table is left out, since its table is named.
 */
export function described(found: string, home: string): string {
  return `select ${NAME} as name, coalesce((${ownerOf(home)}) ${NE} ${home}, true) as outside
  from ${found} found
  where not exists (select from pg_catalog.pg_trigger g
      where classid ${EQ} ${catalogOid('pg_trigger')} and g.oid ${EQ} objid and g.tgisinternal)
    and not exists (select from pg_catalog.pg_depend whole where found.classid ${EQ} ${catalogOid('pg_type')}
      and whole.classid ${EQ} ${catalogOid('pg_type')} and whole.objid ${EQ} found.objid and whole.deptype ${EQ} 'i'::pg_catalog."char")`;
}

/** Names a view instead of its rule, and says what a foreign key is. */
const NAME = `(select case
    when r.oid is not null then v.type ${CONCAT} ' ' ${CONCAT} v.identity
    when k.oid is not null then 'foreign key ' ${CONCAT} o.identity
    else o.type ${CONCAT} ' ' ${CONCAT} o.identity end
  from pg_catalog.pg_identify_object(classid, objid, objsubid) o
    left join pg_catalog.pg_rewrite r on classid ${EQ} ${catalogOid('pg_rewrite')} and r.oid ${EQ} objid
      and r.rulename ${EQ} '_RETURN'::pg_catalog.name
    left join lateral pg_catalog.pg_identify_object(${catalogOid('pg_class')}, r.ev_class, 0) v on true
    left join pg_catalog.pg_constraint k on classid ${EQ} ${catalogOid('pg_constraint')} and k.oid ${EQ} objid
      and k.contype ${EQ} 'f'::pg_catalog."char")`;

/** The oid of the schema that an object belongs to; `home` for objects that can only be dropped with it. */
function ownerOf(home: string): string {
  const own = Object.entries(IN_A_SCHEMA).map(([catalog, column]) =>
    when(catalog, `select ${inHome(column, home)} from pg_catalog.${catalog} where oid ${EQ} objid`),
  );
  const parts = Object.entries(PART_OF).map(([catalog, [column, whole]]) =>
    when(
      catalog,
      `select w.${IN_A_SCHEMA[whole]} from pg_catalog.${catalog} p
        join pg_catalog.${whole} w on w.oid ${EQ} p.${column} where p.oid ${EQ} objid`,
    ),
  );
  return `case ${[...own, ...parts, when('pg_cast', castOwner(home)), when('pg_namespace', `select ${home}`)].join('\n    ')}
    when (select relname ${EQ} 'pg_publication_namespace'::pg_catalog.name from pg_catalog.pg_class where oid ${EQ} classid) then ${home} end`;
}

function when(catalog: string, owner: string): string {
  return `when classid ${EQ} ${catalogOid(catalog)} then (${owner})`;
}

/** A TOAST table is in a schema of the server. */
function inHome(column: string, home: string): string {
  if (column !== 'relnamespace') return column;
  return `case when relkind ${EQ} 't'::pg_catalog."char" or relnamespace ${EQ} ${schemaOid("'pg_toast'")} then ${home} else relnamespace end`;
}

/** A cast has no schema: it is the tenant's if it is between its own types, or one of them and a type of the server. */
function castOwner(home: string): string {
  const among = `(array[${home}, ${schemaOid("'pg_catalog'")}]::pg_catalog.oid[])`;
  return `select case when s.typnamespace ${EQ} any ${among} and t.typnamespace ${EQ} any ${among}
      and (s.typnamespace ${EQ} ${home} or t.typnamespace ${EQ} ${home}) then ${home} end
    from pg_catalog.pg_cast c join pg_catalog.pg_type s on s.oid ${EQ} c.castsource
      join pg_catalog.pg_type t on t.oid ${EQ} c.casttarget where c.oid ${EQ} objid`;
}

/**
 * The objects of `roots` and everything that depends on them, directly or not: a recursive relation
 * `(classid, objid, objsubid)` for a WITH clause. Uses the index of pg_depend on referenced objects.
 */
export function everythingOn(name: string, roots: string): string {
  return `${name}(classid, objid, objsubid) as (
    ${roots}
    union
    select d.classid, d.objid, d.objsubid from ${name} join pg_catalog.pg_depend d
      on d.refclassid ${EQ} ${name}.classid and d.refobjid ${EQ} ${name}.objid
        and (${name}.objsubid ${EQ} 0 or d.refobjsubid ${EQ} ${name}.objsubid))`;
}
