import { qualified, quoted } from '../../../sql/identifier';
import { literal } from '../../../sql/literal';
import { EQ, GE } from '../../../sql/qualified-sql';
import { whereReadable } from '../../../sql/session-settings';
import { carrySequences } from './carry-sequences';
import { grantee } from './grantee';
import { alterIn, nameIn, ofColumn, run, type Retyping } from './retyping';

/** What the change itself sets, and so is not taken over. */
export interface SetAnew {
  readonly default: boolean;
  readonly comment: boolean;
}

/** A block: the new column gets what the old one has, but for indexes and constraints. */
export function carry(retyping: Retyping, anew: SetAnew): string {
  const { org, table, names } = retyping;
  const column = quoted(names.column);
  const alterColumn = (action: string): string => alterIn(retyping, `alter column ${column} ${action}`);
  const anyComment = `comment on column ${qualified(org, table)}.${column} is `;
  return ofColumn(
    retyping,
    `granted pg_catalog.record;
  default_sql pg_catalog.text;
  last_value bigint;
  is_called boolean;`,
    `if was.attnotnull then
    ${run(alterColumn('set not null'))}
    ${carryNotNullName(retyping)}
  end if;
  ${anew.default ? '' : carryDefault(retyping)}
  ${carrySequences(retyping)}
  if was.attstattarget ${GE} 0 then
    ${run(alterColumn('set statistics '), 'was.attstattarget')}
  end if;
  if was.attoptions is not null then
    ${run(alterColumn('set ('), `pg_catalog.array_to_string(was.attoptions, ', ')`, `')'`)}
  end if;
  ${
    anew.comment
      ? ''
      : `if pg_catalog.col_description(target, was.attnum) is not null then
    ${run(literal(anyComment), 'pg_catalog.quote_literal(pg_catalog.col_description(target, was.attnum))')}
  end if;`
  }
  for item in select l.privilege_type, l.is_grantable, l.grantee from pg_catalog.aclexplode(was.attacl) l
  loop
    ${run(`'grant '`, 'item.privilege_type', literal(` (${column}) on ${qualified(org, table)} to `), grantee('item'))}
  end loop;`,
  );
}

/** A block: fails where the default does not fit the new type, as it will at the end. Until then it would only be computed in vain. */
export function tryDefault(retyping: Retyping): string {
  const dropped = alterIn(retyping, `alter column ${quoted(retyping.names.column)} drop default`);
  return ofColumn(retyping, 'default_sql pg_catalog.text;', `${carryDefault(retyping)}\n  ${run(dropped)}`);
}

function carryDefault(retyping: Retyping): string {
  const set = alterIn(retyping, `alter column ${quoted(retyping.names.column)} set default `);
  return `${whereReadable(`default_sql := (select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d where d.adrelid ${EQ} target and d.adnum ${EQ} was.attnum);`)}
  if default_sql is not null then
    ${run(set, 'default_sql')}
  end if;`;
}

/** From PostgreSQL 18 on, NOT NULL is a constraint with a name. */
function carryNotNullName(retyping: Retyping): string {
  const constraint = (column: string): string =>
    `select k.conname from pg_catalog.pg_constraint k where k.conrelid ${EQ} target and k.contype ${EQ} 'n' and k.conkey ${EQ} array[${column}]::smallint[]`;
  const added = `select a.attnum from pg_catalog.pg_attribute a where a.attrelid ${EQ} target and a.attname ${EQ} ${literal(retyping.names.column)}`;
  const rename = alterIn(retyping, 'rename constraint ');
  return `for item in select o.conname as old_name, n.conname as new_name from (${constraint('was.attnum')}) o, (${constraint(`(${added})`)}) n
    loop
      ${run(rename, nameIn('item.old_name'), literal(` to ${quoted(retyping.names.column)}`))}
      ${run(rename, nameIn('item.new_name'), `' to '`, nameIn('item.old_name'))}
    end loop;`;
}
