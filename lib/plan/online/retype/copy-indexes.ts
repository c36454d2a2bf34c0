import { tableOid } from '../../../sql/catalog-oids';
import { qualified, quoted } from '../../../sql/identifier';
import { literal } from '../../../sql/literal';
import { AND_BITS, CONCAT, EQ, GT, MINUS, NE, PLUS } from '../../../sql/qualified-sql';
import { GUARD_STATES } from '../../../sql/server-check';
import { alterIn, choice, nameIn, ofColumn, run, type Retyping } from './retyping';

/** A query for what builds the indexes of the column once more, over the new one: rows of `name` and `sql`. */
export function copiesQuery({ org, table, column, names }: Retyping): string {
  const position = `x.indkey[i ${MINUS} 1]`;
  const part = `pg_catalog.concat(
        case when ${position} ${EQ} a.attnum then ${literal(quoted(names.column))} else pg_catalog.pg_get_indexdef(x.indexrelid, i, false) end,
        ${COLLATION}, ${OPERATOR_CLASS}, ${ORDER})`;
  const parts = (what: string, from: string, to: string): string =>
    `(select pg_catalog.string_agg(${what}, ', ' order by i) from pg_catalog.generate_series(${from}, ${to}) i)`;
  const included = `case when ${position} ${EQ} a.attnum then ${literal(quoted(names.column))} else pg_catalog.pg_get_indexdef(x.indexrelid, i, false) end`;
  return `select pg_catalog.concat(${literal(names.copy)}, x.indexrelid) as name, pg_catalog.concat(
  'create ', case when x.indisunique then 'unique ' end, 'index concurrently ', ${literal(`"${names.copy}`)}, x.indexrelid,
  ${literal(`" on ${qualified(org, table)} using `)}, m.amname, ' (', ${parts(part, '1', 'x.indnkeyatts')}, ')',
  case when x.indnatts ${GT} x.indnkeyatts then ' include (' ${CONCAT} ${parts(included, `x.indnkeyatts::integer ${PLUS} 1`, 'x.indnatts')} ${CONCAT} ')' end,
  case when pg_catalog.jsonb_extract_path_text(pg_catalog.to_jsonb(x), 'indnullsnotdistinct') ${EQ} 'true' then ' nulls not distinct' end,
  case when c.reloptions is not null then ' with (' ${CONCAT} pg_catalog.array_to_string(c.reloptions, ', ') ${CONCAT} ')' end,
  case when c.reltablespace ${NE} 0 then (select ' tablespace ' ${CONCAT} pg_catalog.quote_ident(t.spcname) from pg_catalog.pg_tablespace t where t.oid ${EQ} c.reltablespace) end,
  case when x.indpred is not null then ' where ' ${CONCAT} pg_catalog.pg_get_expr(x.indpred, x.indrelid) end) as sql
from pg_catalog.pg_index x join pg_catalog.pg_class c on c.oid ${EQ} x.indexrelid join pg_catalog.pg_am m on m.oid ${EQ} c.relam
  join pg_catalog.pg_attribute a on a.attrelid ${EQ} x.indrelid and a.attname ${EQ} ${literal(column)}
where x.indrelid ${EQ} ${tableOid(org, table)} and a.attnum ${EQ} any (x.indkey)
order by x.indexrelid`;
}

const COLLATION = `(select pg_catalog.concat(' collate ', pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(l.collname))
          from pg_catalog.pg_collation l join pg_catalog.pg_namespace n on n.oid ${EQ} l.collnamespace
          where l.oid ${EQ} x.indcollation[i ${MINUS} 1] and not exists (select from pg_catalog.pg_attribute o
            where o.attrelid ${EQ} x.indrelid and o.attnum ${EQ} x.indkey[i ${MINUS} 1] and o.attcollation ${EQ} l.oid))`;

const OPERATOR_CLASS = `(select pg_catalog.concat(' ', pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(o.opcname))
          from pg_catalog.pg_opclass o join pg_catalog.pg_namespace n on n.oid ${EQ} o.opcnamespace
          where o.oid ${EQ} x.indclass[i ${MINUS} 1] and not o.opcdefault)`;

/** Descending, and NULLs first (src/include/catalog/pg_index.h). */
const ORDER = choice(`(x.indoption[i ${MINUS} 1] ${AND_BITS} 3::smallint)`, {
  1: `' desc nulls last'`,
  2: `' nulls first'`,
  3: `' desc'`,
});

/** A block: the copies take the place of the indexes, of their names, their constraints and their comments. */
export function takeIndexes(retyping: Retyping): string {
  const { org, names } = retyping;
  const deferrable = `case when item.condeferrable then ' deferrable' end, case when item.condeferred then ' initially deferred' end`;
  const index = literal(`alter index ${quoted(org)}.`);
  const alter = alterIn(retyping);
  return ofColumn(
    retyping,
    '',
    `for item in
    select i.relname, y.relname as copy, k.conname, k.contype, k.condeferrable, k.condeferred,
      pg_catalog.obj_description(i.oid, 'pg_class') as note, pg_catalog.obj_description(k.oid, 'pg_constraint') as key_note
    from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid ${EQ} x.indexrelid
      left join (pg_catalog.pg_index z join pg_catalog.pg_class y on y.oid ${EQ} z.indexrelid)
        on z.indrelid ${EQ} x.indrelid and z.indisvalid and y.relname ${EQ} pg_catalog.concat(${literal(names.copy)}, x.indexrelid)::pg_catalog.name
      left join pg_catalog.pg_constraint k on k.conindid ${EQ} x.indexrelid and k.conrelid ${EQ} x.indrelid and k.contype ${NE} 'f'
    where x.indrelid ${EQ} target and was.attnum ${EQ} any (x.indkey)
  loop
    if item.copy is null then
      raise exception using errcode = '${GUARD_STATES.online}', message = pg_catalog.concat(${literal(`The index `)}, item.relname, ${literal(` was created on "${retyping.column}" of "${retyping.table}" while its type was changed online. Drop it, and create it again afterwards`)});
    end if;
    if item.conname is null then
      ${run(literal(`drop index ${quoted(org)}.`), nameIn('item.relname'))}
      ${run(index, nameIn('item.copy'), `' rename to '`, nameIn('item.relname'))}
    else
      ${run(alter, `'drop constraint '`, nameIn('item.conname'))}
      ${run(alter, `'add constraint '`, nameIn('item.conname'), choice('item.contype', { "'p'": `' primary key'` }, `' unique'`), `' using index '`, nameIn('item.copy'), deferrable)}
    end if;
    if item.note is not null then
      ${run(literal(`comment on index ${quoted(org)}.`), nameIn('item.relname'), `' is '`, 'pg_catalog.quote_literal(item.note)')}
    end if;
    if item.key_note is not null then
      ${run(`'comment on constraint '`, nameIn('item.conname'), literal(` on ${qualified(org, retyping.table)} is `), 'pg_catalog.quote_literal(item.key_note)')}
    end if;
  end loop;`,
  );
}
