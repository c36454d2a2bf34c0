import { described, catalogOid, everythingOn, schemaOid } from '../run/failures/dependents';
import { GUARD_STATES, block } from '../sql/server-check';
import { quoted, type Identifier } from '../sql/identifier';
import type { Twofold } from '../sql/statement';
import { literal } from '../sql/literal';
import type { Settings } from '../options/options';
import { EQ, GT, MINUS, NE, OVER, PLUS, TIMES } from '../sql/qualified-sql';
import { members, SHOW_SHARDS, wordOf, type Place } from './drop-members';

/** The work of one transaction. */
export interface Batch {
  readonly org: Identifier;
  readonly after: Place;
  /** The share of the server's lock table that may be used: 4 means a quarter. */
  readonly share: number;
  /** Whether to check the whole schema before anything is dropped. */
  readonly first: boolean;
  /** Drops dependent objects of the schema too: the only way for two objects that need each other. */
  readonly cascade: boolean;
}

/** The result of a batch. */
export interface DropResult {
  readonly statements: readonly string[];
  /** Objects that others depend on, or that need more locks than are left. */
  readonly kept: number;
  /** Whether some of these lack locks. */
  readonly full: boolean;
  /** The last object that was considered; null at the end of the pass. */
  readonly last: Place | null;
  /** Whether the schema itself is gone. */
  readonly ended: boolean;
}

/** The most dependents that an error names. */
const MAX_NAMED = 100;

/** The objects of the batch. */
const LISTED =
  'select classes[n] as classid, objects[n] as objid, 0 as objsubid from pg_catalog.generate_subscripts(objects, 1) n';

/** The schema with everything in it. */
const WHOLE = `select ${catalogOid('pg_namespace')}::pg_catalog.oid, home, 0`;

/**
 * A block that drops the next objects of a schema, without `cascade`, so PostgreSQL refuses if others create a
 * dependent object in the meantime. Tables are locked first; then follows the check for objects that PostgreSQL
 * would drop silently (partitions and statistics in other schemas), which can no longer be created. A table that the
 * role can drop as the owner of the schema, but not lock, is dropped all the same. {@link REPORT} reads the result.
 */
export function dropBlock(batch: Batch, settings: Settings): Twofold {
  return { sql: written(batch, settings, false), onCitus: written(batch, settings, true) };
}

function written(batch: Batch, { lockTimeoutMs }: Settings, isOnCitus: boolean): string {
  const { org, after, share, first, cascade } = batch;
  const ending = cascade ? ' cascade' : '';
  return block(`declare
  home pg_catalog.oid := ${schemaOid(literal(org))};
  deadline pg_catalog.timestamptz := pg_catalog.clock_timestamp() ${PLUS} ${literal(`${lockTimeoutMs}ms`)}::pg_catalog.interval;
  free pg_catalog.int8 := pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int8
    ${TIMES} pg_catalog.current_setting('max_connections')::pg_catalog.int8 ${OVER} ${share};
  member pg_catalog.record; fkey pg_catalog.record; address pg_catalog.record; command pg_catalog.text; dependents pg_catalog.text;
  classes pg_catalog.oid[] := array[]::pg_catalog.oid[]; objects pg_catalog.oid[] := array[]::pg_catalog.oid[];
  commands pg_catalog.text[] := array[]::pg_catalog.text[]; entry pg_catalog.text[];
  kept pg_catalog.int4 := 0; is_full pg_catalog.bool := false; is_last pg_catalog.bool := true; ended pg_catalog.bool := false;
  seen pg_catalog.int4 := 0; last_rank pg_catalog.int4; last_oid pg_catalog.oid; top pg_catalog.oid; parent pg_catalog.oid;
begin${isOnCitus ? `\n  ${SHOW_SHARDS}` : ''}
  ${
    first
      ? `${refuseMissing()}
  ${refuse(WHOLE)}`
      : GONE
  }
  for member in ${members(after, cascade, isOnCitus)} loop
    seen := seen ${PLUS} 1;
    if not member.fits then
      is_last := false;
      exit;
    end if;
    if member.is_table then
      begin
        ${waiting()}
        execute pg_catalog.format('lock table only %s in access exclusive mode', ${identityOf('member.objid')});
      exception
        when insufficient_privilege then null;
        when undefined_table then continue;
        when out_of_memory then
          is_full := true;
          is_last := false;
          if pg_catalog.cardinality(objects) ${EQ} 0 then raise; end if;
          exit;
      end;
    end if;
    classes := pg_catalog.array_append(classes, member.classid);
    objects := pg_catalog.array_append(objects, member.objid);
    last_rank := member.rank;
    last_oid := member.objid;
  end loop;
  ${refuse(LISTED)}
  for member in ${LISTED} loop
    entry := array[]::pg_catalog.text[];
    begin
      ${dropKeys()}
      address := pg_catalog.pg_identify_object(member.classid, member.objid, 0);
      continue when address.identity is null;
      command := pg_catalog.format('drop %s %s${ending}', ${wordOf('address.type')}, address.identity);
      ${waiting()}
      execute command;
      commands := pg_catalog.array_cat(commands, pg_catalog.array_append(entry, command));
    exception
      when ${cascade ? '' : 'dependent_objects_still_exist or '}out_of_memory then
        kept := kept ${PLUS} 1;
        is_full := is_full or sqlstate ${EQ} '53200';
    end;
  end loop;
  ${dropEmptied(org, cascade)}
  perform pg_catalog.set_config('tenant_ddl.dropped', pg_catalog.json_build_object('statements', commands, 'kept', kept,
    'full', is_full, 'last', case when not is_last then pg_catalog.json_build_object('rank', last_rank, 'oid', last_oid::pg_catalog.text) end,
    'ended', ended)::pg_catalog.text, true);
end`);
}

/** Returns the result of {@link dropBlock} as `tenant_ddl_dropped`. */
export const REPORT = "select pg_catalog.current_setting('tenant_ddl.dropped') as tenant_ddl_dropped";

/** Another call has dropped the rest. */
const GONE = 'ended := home is null;';

function refuseMissing(): string {
  return `if home is null then
    raise exception using errcode = '3F000', message = 'the schema does not exist';
  end if;`;
}

/** Fails with the names of objects outside the schema that depend on the objects of `roots`. */
function refuse(roots: string): string {
  return `dependents := (select pg_catalog.json_agg(name order by name)::pg_catalog.text from (
    with recursive ${everythingOn('gone', roots)}
    select distinct name from (${described('gone', 'home')}) needs where outside order by name limit ${MAX_NAMED}) named);
  if dependents is not null then
    raise exception using errcode = ${literal(GUARD_STATES.outside)}, message = dependents;
  end if;`;
}

/** The foreign keys that refer to a table; for a partitioned one, that of its root. */
function dropKeys(): string {
  return `for fkey in select k.oid from pg_catalog.pg_depend d join pg_catalog.pg_constraint k on k.oid ${EQ} d.objid
        where member.classid ${EQ} ${catalogOid('pg_class')} and d.classid ${EQ} ${catalogOid('pg_constraint')}
          and d.refclassid ${EQ} ${catalogOid('pg_class')} and d.refobjid ${EQ} member.objid and d.refobjsubid ${GT} 0
          and k.contype ${EQ} 'f'::pg_catalog."char" and k.confrelid ${EQ} member.objid and k.conrelid ${NE} member.objid
        group by k.oid
      loop
        top := fkey.oid;
        loop
          parent := (select k.conparentid from pg_catalog.pg_constraint k where k.oid ${EQ} top);
          exit when parent is null or parent ${EQ} 0;
          top := parent;
        end loop;
        command := (select pg_catalog.format('alter table %s drop constraint %I', ${identityOf('k.conrelid')}, k.conname)
          from pg_catalog.pg_constraint k where k.oid ${EQ} top and k.connamespace ${EQ} home);
        if command is not null then
          ${waiting()}
          execute command;
          entry := pg_catalog.array_append(entry, command);
        end if;
      end loop;`;
}

/** Drops the schema itself once it is empty, or with the objects that this file cannot drop in another way. */
function dropEmptied(org: Identifier, cascade: boolean): string {
  const command = literal(`drop schema ${quoted(org)}${cascade ? ' cascade' : ''}`);
  const isEmpty = cascade
    ? `seen ${EQ} 0`
    : `not exists (select from pg_catalog.pg_depend d where d.refclassid ${EQ} ${catalogOid('pg_namespace')}
    and d.refobjid ${EQ} home and d.deptype ${EQ} 'n'::pg_catalog."char")`;
  return `if not ended and ${isEmpty} then
    ${cascade ? refuse(WHOLE) : ''}
    begin
      execute ${command};
      commands := pg_catalog.array_append(commands, ${command});
      ended := true;
    exception when dependent_objects_still_exist then null;
    end;
  end if;`;
}

/** The locks of a batch share the time limit: readers of the first table wait behind all of them. */
function waiting(): string {
  const leftMs = `pg_catalog.date_part('epoch', deadline ${MINUS} pg_catalog.clock_timestamp()) ${TIMES} 1000`;
  return `perform pg_catalog.set_config('lock_timeout',
          (case when ${leftMs} ${GT} 1 then (${leftMs})::pg_catalog.int8 else 1 end)::pg_catalog.text, true);`;
}

/** A relation's name in SQL, with its schema. */
function identityOf(oid: string): string {
  return `(select i.identity from pg_catalog.pg_identify_object(${catalogOid('pg_class')}, ${oid}, 0) i)`;
}
