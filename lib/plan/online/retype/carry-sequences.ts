import { qualified, quoted } from '../../../sql/identifier';
import { literal } from '../../../sql/literal';
import { CONCAT, EQ, GT, LT, MINUS, NE } from '../../../sql/qualified-sql';
import { grantee } from './grantee';
import { alterIn, choice, nameIn, run, type Retyping } from './retyping';

/**
 * Statements of a block. The sequence of a serial stays, and belongs to the new column; that of an identity has to be a
 * new one, which goes on where the old one has ended, under its name. ALTER SEQUENCE keeps others from taking a number
 * in between.
 */
export function carrySequences(retyping: Retyping): string {
  const { org, table, column, names } = retyping;
  const whole = `${nameIn('item.nspname')}, '.', ${nameIn('item.relname')}`;
  const sequence = literal(qualified(org, names.sequence));
  const identity = [
    alterIn(retyping, `alter column ${quoted(names.column)} add generated `),
    choice('was.attidentity', { "'a'": `'always'` }, `'by default'`),
    literal(` as identity (sequence name ${qualified(org, names.sequence)} start with `),
    'item.seqstart',
    `' increment by ', item.seqincrement`,
    `case when ${isTypesOwn('min')} then ' no minvalue' else ' minvalue ' ${CONCAT} item.seqmin end`,
    `case when ${isTypesOwn('max')} then ' no maxvalue' else ' maxvalue ' ${CONCAT} item.seqmax end`,
    `' cache ', item.seqcache, case when item.seqcycle then ' cycle' else ' no cycle' end, ')'`,
  ];
  return `for item in
    select n.nspname, s.relname, s.relacl, s.relowner, d.deptype, q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle, q.seqtypid,
      pg_catalog.obj_description(s.oid, 'pg_class') as note
    from pg_catalog.pg_depend d join pg_catalog.pg_class s on s.oid ${EQ} d.objid and s.relkind ${EQ} 'S'
      join pg_catalog.pg_namespace n on n.oid ${EQ} s.relnamespace join pg_catalog.pg_sequence q on q.seqrelid ${EQ} s.oid
    where d.classid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refobjid ${EQ} target and d.refobjsubid ${EQ} was.attnum
  loop
    if item.deptype ${EQ} 'a' then
      ${run(`'alter sequence '`, whole, literal(` owned by ${qualified(org, table)}.${quoted(names.column)}`))}
    else
      ${run(`'alter sequence '`, whole, `' increment by '`, 'item.seqincrement')}
      execute pg_catalog.concat('select last_value, is_called from ', ${whole}) into last_value, is_called;
      ${run(...identity)}
      perform pg_catalog.setval(${sequence}, last_value, is_called);
      for granted in select l.privilege_type, l.is_grantable, l.grantee from pg_catalog.aclexplode(item.relacl) l where l.grantee ${NE} item.relowner
      loop
        ${run(`'grant '`, 'granted.privilege_type', literal(` on sequence ${qualified(org, names.sequence)} to `), grantee('granted'))}
      end loop;
      if item.note is not null then
        ${run(literal(`comment on sequence ${qualified(org, names.sequence)} is `), 'pg_catalog.quote_literal(item.note)')}
      end if;
      ${run(alterIn(retyping, `alter column ${quoted(column)} drop identity`))}
      ${run(literal(`alter sequence ${qualified(org, names.sequence)} rename to `), nameIn('item.relname'))}
    end if;
  end loop;`;
}

/** The bounds of whole numbers, which a sequence has by its type: the new one has those of the new type. */
const BOUNDS = choice(
  'item.seqtypid',
  { "'smallint'::pg_catalog.regtype": '32767', "'integer'::pg_catalog.regtype": '2147483647' },
  '9223372036854775807',
);

/** Whether an end of a sequence is that of its type (manual, ALTER SEQUENCE, AS). */
function isTypesOwn(end: 'min' | 'max'): string {
  return end === 'max'
    ? `item.seqincrement ${GT} 0 and item.seqmax ${EQ} ${BOUNDS}`
    : `item.seqincrement ${LT} 0 and item.seqmin ${EQ} ((-1)::bigint ${MINUS} ${BOUNDS})`;
}
