import { collationKey, scanKey } from './alter-hazards';
import type { Alteration } from './alteration';
import { changedDefaultSql, impliedType, judgedTypeOf, newTypeOf, type FieldChanges } from '../../spec/field-changes';
import { typeOf } from '../../field-types';
import { block } from '../../sql/server-check';
import { qualified } from '../../sql/identifier';
import type { Identifier } from '../../sql/identifier';
import { identityJudgements } from './identity-judgements';
import { judgeKeptDefault } from './kept-default';
import { listChecks } from './list-checks';
import { literal } from '../../sql/literal';
import { heldOnCitus, ownLock } from '../../sql/own-lock';
import type { Twofold } from '../../sql/statement';
import { judgeNewDefault } from './new-default';
import { placeOf, refuse } from './refuse';
import { typeJudgements } from './type-judgements';
import { EQ, GT, NE, LT } from '../../sql/qualified-sql';
import { pinOnWorkersToo, pinSettings, whereReadable } from '../../sql/session-settings';
import { elementOf, rewritesForType } from '../../field-types/type-change';
import { meet, policyIs } from '../unforeseen';
import { uniqueIndexes } from './unique-indexes';

/**
 * Checks, under the lock, what a change of a field assumes: its current type, its default, its key. A block that changes
 * nothing except, until the change is made, the settings for conversions.
 */
export function alterGuard(org: Identifier, change: Alteration): Twofold | undefined {
  const judgements = [
    ...versionJudgements(change),
    ...listJudgements(change),
    ...typeJudgements(change),
    ...defaultJudgements(change),
    ...identityJudgements(change),
    ...nullableJudgements(change),
    ...uniqueJudgements(change),
    ...dependentsJudgements(change),
  ];
  if (judgements.length === 0) return undefined;
  const { table, column } = change;
  const target = literal(qualified(org, table));
  const lock = ownLock(org, table);
  const sql = block(`declare
  target pg_catalog.oid := pg_catalog.to_regclass(${target});
  was pg_catalog.record;
  lists pg_catalog.text;
  list_count bigint;
  allowed pg_catalog.text[];
  default_sql pg_catalog.text;
  new_type pg_catalog.text;
  found pg_catalog.text;
  fits boolean := true;
  ${placeOf(table, column)}
begin
  ${lock};
  select a.attnum, a.atttypid, a.atttypmod, a.attidentity, a.attcollation into was
  from pg_catalog.pg_attribute a where a.attrelid ${EQ} target and a.attname ${EQ} ${literal(column)} and a.attnum ${GT} 0;
  if was.attnum is null then
    raise exception using errcode = '42703', message = ${literal(`column "${column}" of relation "${table}" does not exist`)};
  end if;
  ${newTypeOf(change) === undefined ? '' : pinSettings()}
  ${whereReadable(`select pg_catalog.string_agg(c.name, ', '), pg_catalog.count(*), pg_catalog.min(c.allowed) into lists, list_count, allowed
  from (${listChecks('target', 'was.attnum')}) c;
  default_sql := (select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d
    join pg_catalog.pg_attribute a on a.attrelid ${EQ} d.adrelid and a.attnum ${EQ} d.adnum
    where d.adrelid ${EQ} target and d.adnum ${EQ} was.attnum and a.attgenerated ${EQ} '');
  new_type := ${newTypeSql(change)};
  ${judgements.join('\n  ')}`)}
end`);
  const onCitus = sql.replace(lock, heldOnCitus).replace(pinSettings(), pinOnWorkersToo).replace(mayHaveRows(), 'true');
  return { sql, onCitus };
}

/** Before, no function could tell without failing whether a text is a value of a type. */
const UNCONVERTIBLE_SINCE = 160_000;

function versionJudgements({ unconvertible }: Alteration): string[] {
  if (unconvertible === undefined) return [];
  const version = `pg_catalog.current_setting('server_version_num')::integer`;
  const reason = literal("unconvertible: 'null' needs PostgreSQL 16 or later. Correct the rows first");
  return [refuse('spec', `${version} ${LT} ${UNCONVERTIBLE_SINCE}`, reason)];
}

/** Each of them would be dropped with the values or the type, but only one is compared with the change. */
function listJudgements(change: Alteration): string[] {
  if (judgedTypeOf(change) === undefined) return [];
  const several = literal(`"${change.column}" is held to lists of values by several checks: `);
  const reason = `pg_catalog.concat(${several}, lists, ${literal('. Drop all but one of them first')})`;
  return [refuse('spec', `list_count ${GT} 1`, reason)];
}

function newTypeSql(change: Alteration): string {
  const to = newTypeOf(change);
  return to === undefined
    ? 'pg_catalog.format_type(was.atttypid, was.atttypmod)'
    : typeOf(to).ownName(to, 'was.atttypmod');
}

function defaultJudgements(change: Alteration): string[] {
  const { column, set, from } = change;
  const { default: given } = set;
  if (given === null) return [];
  if (given === undefined) {
    const judged = judgedTypeOf(change);
    if (judged === undefined) return [];
    const reason = literal(
      `The default of "${column}" does not fit the field as changed, or cannot be checked. Pass a new default as well, or null for none`,
    );
    return [
      `if default_sql is not null then
    ${judgeKeptDefault(judged)}
  end if;`,
      refuse('spec', 'not fits', reason),
    ];
  }
  if (from !== undefined || set.type !== undefined || namesAllOptions(set)) return [];
  const sql = changedDefaultSql(set, given, from);
  const isListed = typeof given === 'string' ? `${literal(given)} ${EQ} any (allowed)` : 'false';
  return [
    judgeNewDefault(given, sql),
    refuse(
      'default',
      `not coalesce(fits, false) or (lists is not null and not (${isListed}))`,
      literal(`The default cannot be checked, or does not fit the type of "${column}"`),
    ),
  ];
}

/** Then the codec has checked the default against them. */
function namesAllOptions(set: FieldChanges): boolean {
  const type = impliedType(set);
  return type !== undefined && typeOf({ type }).options.every((option) => set[option] !== undefined);
}

function nullableJudgements({ column, set: { nullable } }: Alteration): string[] {
  if (nullable === undefined) return [];
  const on = (contype: string): string =>
    `exists (select from pg_catalog.pg_constraint k where k.conrelid ${EQ} target and k.contype ${EQ} '${contype}' and was.attnum ${EQ} any (k.conkey)`;
  if (nullable) {
    return [
      refuse('spec', `${on('p')})`, literal(`"${column}" is a part of the primary key, which is never null`)),
      refuse('spec', `was.attidentity ${NE} ''`, literal(`"${column}" is an identity column, which is never null`)),
    ];
  }
  const setsNull = `${on('f')} and (k.confdeltype ${EQ} 'n' or k.confupdtype ${EQ} 'n'))`;
  const reason = literal(
    `A foreign key sets "${column}" to null when the row that it refers to is deleted, which would fail from now on. Change its SET NULL first`,
  );
  return [refuse('spec', setsNull, reason)];
}

function uniqueJudgements({ column, set: { unique } }: Alteration): string[] {
  if (unique === undefined) return [];
  const found = (where: string): string =>
    `found := (select pg_catalog.min(u.name) from (${uniqueIndexes('target', 'was.attnum')}) u where ${where});`;
  if (unique) {
    const reason = `pg_catalog.concat(${literal(`"${column}" is already unique, through `)}, found)`;
    return [found('u.is_valid'), refuse('indexExists', 'found is not null', reason)];
  }
  const reason = literal(`"${column}" alone has neither a unique constraint nor a unique index`);
  const identity = `pg_catalog.concat(found, ${literal(' is the replica identity of the table: without it, updates and deletes of a published table fail. Set another replica identity first')})`;
  return [
    found('not u.is_key'),
    refuse('index', 'found is null', reason),
    found('u.is_identity and not u.is_key'),
    refuse('identity', 'found is not null', identity),
  ];
}

/** Properties of the column that no spec expresses, and that a change of type does not keep. */
function dependentsJudgements(change: Alteration): string[] {
  const to = newTypeOf(change);
  if (to === undefined) return [];
  const judgements: string[] = [];
  if (typeOf(elementOf(to)).isText) {
    const own = `(select t.typcollation from pg_catalog.pg_type t where t.oid ${EQ} was.atttypid)`;
    judgements.push(`if was.attcollation ${NE} 0 and was.attcollation ${NE} ${own} then
    ${meet('dataLoss', collationKey(change))}
  end if;`);
  }
  if (change.from !== undefined && !rewritesForType(change.from, to)) {
    judgements.push(`if ${policyIs('scan', ['refuse', 'warn'])} and (${isReadByAll()}) and ${mayHaveRows()} then
    ${meet('scan', scanKey(change))}
  end if;`);
  }
  return judgements;
}

/** The contents of a partition or a child can still change: only the table is locked. On Citus, workers have the rows. */
function mayHaveRows(): string {
  return `(pg_catalog.pg_relation_size(target) ${GT} 0 or exists (select from pg_catalog.pg_inherits i where i.inhparent ${EQ} target))`;
}

/** A check is verified again; an index on an expression, or a partial index, is rebuilt. */
function isReadByAll(): string {
  const check = `select from pg_catalog.pg_constraint k where k.conrelid ${EQ} target and k.contype ${EQ} 'c' and was.attnum ${EQ} any (k.conkey)`;
  const index = `select from pg_catalog.pg_depend d join pg_catalog.pg_index x on x.indexrelid ${EQ} d.objid
      where d.classid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid ${EQ} target and d.refobjsubid ${EQ} was.attnum and (x.indexprs is not null or x.indpred is not null)`;
  return `exists (${check}) or exists (${index})`;
}
