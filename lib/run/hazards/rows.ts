import { block } from '../../sql/server-check';
import { qualified, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { CONCAT, EQ, GT, isOneOf } from '../../sql/qualified-sql';
import { OLDER_SNAPSHOT } from '../../sql/older-snapshot';

/** What a block does after its look: `has_rows` is the result, `forbidden` means that the role may not lock the table. */
export interface Look {
  readonly org: Identifier;
  /** The name that the table has when the block runs. */
  readonly table: Identifier;
  /** Locks the table first, with its partitions and children; if undefined, it is already locked. */
  readonly lock?: 'access exclusive' | 'share' | undefined;
  readonly then: string;
}

/**
 * Looks whether a table, its partitions or its children have rows. If the look would fail, or may not show every row
 * (row security, an older snapshot, a missing right), the stored pages decide: in doubt there are rows. If it is not
 * a table, the change itself fails with that reason.
 */
export function lookForRows({ org, table, lock, then }: Look): string {
  const target = literal(qualified(org, table));
  return block(`declare
  target pg_catalog.oid := pg_catalog.to_regclass(${target});
  older_snapshot boolean := ${OLDER_SNAPSHOT};
  has_rows boolean := false;
  forbidden boolean := false;
  member pg_catalog.record;
begin
  if not exists (select from pg_catalog.pg_class where oid ${EQ} target and ${isOneOf('relkind', '"char"', [`'r'`, `'p'`])}) then
    return;
  end if;${lock === undefined ? '' : lockOrDoubt(qualified(org, table), lock)}
  for member in
    with recursive tree as (
      (select target as oid union select relid from pg_catalog.pg_partition_tree(target))
      union select inhrelid from tree join pg_catalog.pg_inherits on inhparent ${EQ} tree.oid
    )
    select c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname) as name
    from tree join pg_catalog.pg_class c on c.oid ${EQ} tree.oid join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
    where c.relkind ${EQ} 'r'
  loop
    exit when has_rows;
    if older_snapshot or pg_catalog.row_security_active(member.oid) then
      has_rows := pg_catalog.pg_relation_size(member.oid) ${GT} 0;
    else
      begin
        execute 'select exists (select from only ' ${CONCAT} member.name ${CONCAT} ')' into has_rows;
      exception
        when lock_not_available or deadlock_detected then raise;
        when others then has_rows := pg_catalog.pg_relation_size(member.oid) ${GT} 0;
      end;
    end if;
  end loop;
  ${then}
end`);
}

/** A role that may not LOCK its own table cannot keep rows from being added, so the table counts as having rows. */
function lockOrDoubt(table: string, mode: string): string {
  return `
  begin
    lock table ${table} in ${mode} mode;
  exception when insufficient_privilege then
    has_rows := true;
    forbidden := true;
  end;`;
}
