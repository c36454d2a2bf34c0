import { EQ, GE, GT, NE } from '../sql/qualified-sql';
import { catalog, json, nameAsSeenFrom, words } from './catalogs';
import { FIRST_NORMAL_OID } from './columns-sql';

/** One part of a table that no spec says, as `[kind, name, detail]`. */
function part(kind: string, name: string, detail: string): string {
  return `pg_catalog.concat('["${kind}",', ${json(name)}, ',', ${detail}, ']') as shown`;
}

/** pg_trigger.tgenabled and pg_rewrite.ev_enabled. */
function firing(column: string): string {
  const shown = words({
    disabled: `${column} ${EQ} 'D'::pg_catalog."char"`,
    'on replicas only': `${column} ${EQ} 'R'::pg_catalog."char"`,
    always: `${column} ${EQ} 'A'::pg_catalog."char"`,
  });
  return json(shown);
}

const KEY_OF_TRIGGER = `select k.conname from pg_catalog.pg_constraint k where g.tgisinternal and k.oid ${EQ} g.tgconstraint`;

/** An internal trigger is a part of its key, unless somebody has switched it off: the key then holds nothing. */
const TRIGGERS = `select 1 as rank, pg_catalog.concat(case when g.tgisinternal then '["trigger of a key",' else '["trigger",' end,
      ${json(`coalesce((${KEY_OF_TRIGGER}), g.tgname)::pg_catalog.text`)}, ',', ${firing('g.tgenabled')}, ']') as shown
    from pg_catalog.pg_trigger g
    where rel.has_triggers and g.tgrelid ${EQ} rel.oid and (not g.tgisinternal or g.tgenabled ${NE} 'O'::pg_catalog."char")`;

/** Whether the database has one at all: asked once, so that most reports look for none at each table. */
function isAnyIn(rows: string): string {
  return `(select exists (select from pg_catalog.${rows}))`;
}

const POLICIES = `select 3, ${part('policy', 'p.polname::pg_catalog.text', `'""'`)}
    from pg_catalog.pg_policy p where ${isAnyIn('pg_policy')} and p.polrelid ${EQ} rel.oid`;

/** The rule of a view is the view. */
const RULES = `select 4, ${part('rule', 'r.rulename::pg_catalog.text', firing('r.ev_enabled'))}
    from pg_catalog.pg_rewrite r where rel.has_rules and r.ev_class ${EQ} rel.oid and r.rulename ${NE} '_RETURN'::pg_catalog.name`;

const PARENTS = `select 5, ${part(
  'parent',
  `(${nameAsSeenFrom('rel.home', 'parent.relnamespace', 'parent.relname')})`,
  `'""'`,
)}
    from pg_catalog.pg_inherits i join pg_catalog.pg_class parent on parent.oid ${EQ} i.inhparent where ${isAnyIn('pg_inherits')} and i.inhrelid ${EQ} rel.oid`;

/** Triggers, policies, rules and parents of each table, as a JSON text. */
export const PARTS = `parts as materialized (
  select rel.oid as relation, pg_catalog.string_agg(distinct p.shown, ',') as shown
  from rel cross join lateral (${TRIGGERS}
    union all ${POLICIES}
    union all ${RULES}
    union all ${PARENTS}
    offset 0) p
  group by rel.oid
)`;

/** Of what is none of PostgreSQL's own; the index leads to the first. */
const OWN_COMMENTS = `pg_description d where d.objoid ${GE} ${FIRST_NORMAL_OID} and d.classoid ${EQ} ${catalog('pg_class')}`;

/** The comments on a table and its columns, as a JSON text: `[number of the column or 0, text]` each. */
export const COMMENTS = `comments as materialized (
  select rel.oid as relation, pg_catalog.string_agg(c.shown, ',' order by c.objsubid) as shown
  from rel cross join lateral (
    select d.objsubid, pg_catalog.concat('[', d.objsubid, ',', ${json('d.description')}, ']') as shown
    from pg_catalog.pg_description d
    where ${isAnyIn(OWN_COMMENTS)} and d.objoid ${EQ} rel.oid and d.classoid ${EQ} ${catalog('pg_class')}
    offset 0) c
  group by rel.oid
)`;

/** What a table is beside its parts. */
export const TABLE_WORDS = words({
  unlogged: `rel.persistence ${EQ} 'u'::pg_catalog."char"`,
  'row level security': 'rel.rowsecurity',
  'forced row level security': 'rel.forcerowsecurity',
  'replica identity full': `rel.replident ${EQ} 'f'::pg_catalog."char"`,
  'replica identity nothing': `rel.replident ${EQ} 'n'::pg_catalog."char"`,
  'replica identity by an index': `rel.replident ${EQ} 'i'::pg_catalog."char"`,
  'storage options': 'rel.options is not null',
  tablespace: `rel.tablespace ${NE} 0`,
  'access method': `rel.kind ${EQ} 'r'::pg_catalog."char" and rel.method ${NE} 2`,
  'of a type': `rel.oftype ${GT} 0`,
  'another owner': `rel.owner ${NE} rel.home_owner`,
});
