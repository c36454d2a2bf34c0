import type { Subject } from '../../plan/subject';
import { impliedType } from '../../spec/field-changes';
import { tableOid } from '../../sql/catalog-oids';
import type { Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { EQ, NE, isOneOf } from '../../sql/qualified-sql';
import { valueOf, type Answer } from '../wire/send';
import { catalogOid, described } from './dependents';
import { failedChange } from './failed-change';
import { sqlStateOf } from './sql-states';

/**
 * After a change of type, the server creates the indexes, checks and statistics on the column again. These are the
 * errors if one of them cannot be for the new type: undefined_function, invalid_object_definition, undefined_object,
 * datatype_mismatch, feature_not_supported. Their messages do not name it.
 */
const STATES: readonly (string | undefined)[] = ['42883', '42P17', '42704', '42804', '0A000'];

/** A foreign key, whose error names it. */
const OTHER_ROUTINES: readonly (string | undefined)[] = ['ATAddForeignKeyConstraint'];

/** Asks what uses the column of a failed change of type. */
export function usersQuestions(error: unknown, org: Identifier, subjects: readonly Subject[]): readonly string[] {
  const { routine } = error as { readonly routine?: string };
  if (!STATES.includes(sqlStateOf(error)) || OTHER_ROUTINES.includes(routine)) return [];
  const { effects = [] } = failedChange(error, subjects, 'CONVERSION_FAILED') ?? {};
  return effects.flatMap((effect) => {
    const retypes = effect.verb === 'alters' && impliedType(effect.set) !== undefined;
    return retypes ? [usersQuery(org, effect.table, effect.column)] : [];
  });
}

/** Their names; empty if nothing was asked. */
export function usersIn(answers: readonly Answer[]): readonly string[] {
  const text = valueOf(answers, 'tenant_ddl_users');
  return typeof text === 'string' ? (JSON.parse(text) as readonly string[]) : [];
}

/** The children of a table have indexes and checks of their own. */
function usersQuery(org: Identifier, table: Identifier, column: Identifier): string {
  const found = `(
    with recursive tables(oid) as (
      select ${tableOid(org, table)}::pg_catalog.oid
      union select i.inhrelid from tables join pg_catalog.pg_inherits i on i.inhparent ${EQ} tables.oid
    )
    select distinct d.classid, d.objid, 0 as objsubid
    from tables join pg_catalog.pg_attribute a on a.attrelid ${EQ} tables.oid and a.attname ${EQ} ${literal(column)}::pg_catalog.name
      join pg_catalog.pg_depend d on d.refclassid ${EQ} ${catalogOid('pg_class')} and d.refobjid ${EQ} tables.oid
        and d.refobjsubid ${EQ} a.attnum
    where ${IS_MADE_AGAIN}
  )`;
  return `select (select pg_catalog.json_agg(name order by name)::pg_catalog.text
    from (${described(found, '0::pg_catalog.oid')}) users) as tenant_ddl_users`;
}

/** An index on an expression, on some of the rows, or with an operator class that not every type has; a check; statistics. */
const IS_MADE_AGAIN = `(d.classid ${EQ} ${catalogOid('pg_class')} and exists (
      select from pg_catalog.pg_index x join pg_catalog.pg_class c on c.oid ${EQ} x.indexrelid
        join pg_catalog.pg_am m on m.oid ${EQ} c.relam
      where x.indexrelid ${EQ} d.objid and (x.indexprs is not null or x.indpred is not null
        or m.amname ${NE} 'btree'::pg_catalog.name or exists (select from pg_catalog.pg_opclass o
          where o.oid ${EQ} any (x.indclass::pg_catalog.oid[]) and not o.opcdefault)))
    or d.classid ${EQ} ${catalogOid('pg_constraint')} and exists (
      select from pg_catalog.pg_constraint k where k.oid ${EQ} d.objid and ${isOneOf('k.contype', '"char"', ["'c'", "'x'"])})
    or d.classid ${EQ} ${catalogOid('pg_statistic_ext')})`;
