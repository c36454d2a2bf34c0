import { collationKey, scanKey } from './alter-hazards';
import type { Alteration } from './alter-steps';
import { isText } from './conversion';
import { changedDefaultSql, impliedType, newTypeOf } from '../../spec/field-changes';
import { typeOf } from '../../field-types';
import { GUARD_STATES, block } from '../../sql/server-check';
import { qualified } from '../../sql/identifier';
import type { Identifier } from '../../sql/identifier';
import { judgeKeptDefault } from './kept-default';
import { listChecks } from './list-checks';
import { literal } from '../../sql/literal';
import { judgeNewDefault } from './new-default';
import { CONTAINS, EQ, GT, IS_CONTAINED, isOneOf, LT, MATCHES, NE, typeSql } from '../../sql/qualified-sql';
import { pinSettings, whereReadable } from '../../sql/session-settings';
import { rewritesForType, type TypeSpec } from '../../spec/type-change';
import { meet, policyIs } from '../unforeseen';
import { uniqueIndexes } from './unique-indexes';

/**
 * What a change of a field takes for granted, looked at under its lock: the type that it has, its default, its key. A
 * block that changes nothing but, until the change is made, the settings under which values are converted.
 */
export function alterGuard(org: Identifier, change: Alteration): string | undefined {
  const judgements = [
    ...listJudgements(change),
    ...typeJudgements(change),
    ...defaultJudgements(change),
    ...nullableJudgements(change),
    ...uniqueJudgements(change),
    ...dependentsJudgements(change),
  ];
  if (judgements.length === 0) return undefined;
  const { table, column } = change;
  const target = literal(qualified(org, table));
  return block(`declare
  target pg_catalog.oid := pg_catalog.to_regclass(${target});
  was pg_catalog.record;
  lists pg_catalog.text;
  list_count bigint;
  allowed pg_catalog.text[];
  default_sql pg_catalog.text;
  new_type pg_catalog.text;
  found pg_catalog.text;
  fits boolean := true;
begin
  alter table only ${qualified(org, table)} set without oids;
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
}

/** Each of them would go with the values or the type, and only one is compared with what the change says. */
function listJudgements(change: Alteration): string[] {
  if (change.set.values === undefined && newTypeOf(change) === undefined) return [];
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

function refuse(kind: keyof typeof GUARD_STATES, when: string, reason: string): string {
  return `if ${when} then
    raise exception using errcode = '${GUARD_STATES[kind]}', message = ${reason};
  end if;`;
}

const OWN_TYPE = 'pg_catalog.format_type(was.atttypid, was.atttypmod)';

function typeJudgements(change: Alteration): string[] {
  const { column, set, from } = change;
  if (from !== undefined) return fromJudgements(column, from);
  const type = impliedType(set);
  if (set.type !== undefined || type === undefined) return [];
  const option = set.values !== undefined ? 'values' : set.length !== undefined ? 'length' : 'precision or scale';
  const name = typeOf({ type }).catalogName({ name: '' }).replace(/\(.*/, '');
  const isType =
    set.values === undefined
      ? `was.atttypid ${EQ} ${literal(typeSql(name))}::pg_catalog.regtype`
      : `${isTextual()} and lists is not null`;
  const reason = `pg_catalog.concat(${literal(`"${column}" is `)}, ${OWN_TYPE}, ${literal(`, which takes no ${option}. Name the new type too, if it is to be another: { type: '${type}', … }`)})`;
  return [refuse('spec', `not (${isType})`, reason), ...partJudgements(change)];
}

/** One of two options is named, and the other one is the column's own. */
function partJudgements({ column, set: { precision, scale } }: Alteration): string[] {
  if ((precision === undefined) === (scale === undefined)) return [];
  const undeclared = `was.atttypmod ${LT} 0`;
  const other = precision === undefined ? 'precision' : 'scale';
  return [
    refuse('spec', undeclared, literal(`"${column}" keeps every digit that it is given: name its ${other} too`)),
    refuse(
      'spec',
      `not (new_type ${MATCHES} ${literal(FITTING)}) or ${exceeds('new_type')}`,
      literal(`The scale of "${column}" must be from 0 to its precision: name its ${other} too`),
    ),
  ];
}

const FITTING = String.raw`^numeric\([0-9]+,[0-9]+\)$`;

function exceeds(type: string): string {
  const part = (number: number): string =>
    `pg_catalog.split_part(pg_catalog.btrim(${type}, 'numeric()'), ',', ${number})::integer`;
  return `${part(2)} ${GT} ${part(1)}`;
}

function isTextual(): string {
  return isOneOf('was.atttypid', 'regtype', [`'pg_catalog.text'`, `'character varying'`]);
}

function fromJudgements(column: Identifier, from: TypeSpec): string[] {
  const values = typeOf(from).checkedValues({ ...from, name: '' });
  const name = typeOf(from).catalogName({ ...from, name: '' });
  const isEnum = from.type === 'Enum';
  const contradicts = isEnum ? `not (${isTextual()})` : `${OWN_TYPE} ${NE} ${literal(name)}`;
  const told = `pg_catalog.concat(${literal(`"${column}" is `)}, ${OWN_TYPE}, ${literal(`, and from says ${from.type} (${name}). Compare the metadata with the table`)})`;
  const judgements = [refuse('spec', contradicts, told)];
  if (values !== undefined) {
    const list = `array[${values.map(literal).join(', ')}]::pg_catalog.text[]`;
    const others = `lists is null or not (allowed ${CONTAINS} ${list} and allowed ${IS_CONTAINED} ${list})`;
    const reason = `pg_catalog.concat(${literal(`"${column}" is not held to the values that from names (`)}, coalesce(lists, 'no check'), ${literal('). Compare the metadata with the table')})`;
    judgements.push(refuse('spec', others, reason));
  } else if (!isEnum) {
    const reason = `pg_catalog.concat(${literal(`"${column}" is held to a list of values by `)}, lists, ${literal(`, and from says ${from.type}. Give { from: { type: 'Enum', values } }, or drop the check first`)})`;
    judgements.push(refuse('spec', 'lists is not null', reason));
  }
  return judgements;
}

function defaultJudgements(change: Alteration): string[] {
  const { column, set, from } = change;
  const to = newTypeOf(change);
  const { default: given } = set;
  if (given === null) return [];
  if (given === undefined) {
    const judged = to ?? (set.values === undefined ? undefined : enumOf(change));
    if (judged === undefined) return [];
    const reason = literal(
      `The default of "${column}" does not fit what the field is to be, or can not be judged. Give a new default with it, or null for none`,
    );
    return [
      `if default_sql is not null then
    ${judgeKeptDefault(judged)}
  end if;`,
      refuse('spec', 'not fits', reason),
    ];
  }
  const isJudged =
    (from !== undefined && !to?.keepsOptions) ||
    set.type !== undefined ||
    set.length !== undefined ||
    set.values !== undefined;
  if (isJudged) return [];
  const sql = changedDefaultSql(set, given, from);
  const isListed = typeof given === 'string' ? `${literal(given)} ${EQ} any (allowed)` : 'false';
  return [
    judgeNewDefault(given, sql),
    refuse(
      'default',
      `not coalesce(fits, false) or (lists is not null and not (${isListed}))`,
      literal(`The default can not be judged, or does not fit the type of "${column}"`),
    ),
  ];
}

function enumOf({ column, set: { values } }: Alteration) {
  return { type: 'Enum', name: column, values } as const;
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
    const reason = `pg_catalog.concat(${literal(`"${column}" is unique already, by `)}, found)`;
    return [found('u.is_valid'), refuse('indexExists', 'found is not null', reason)];
  }
  const reason = literal(`No unique constraint and no unique index is on "${column}" alone`);
  const identity = `pg_catalog.concat(found, ${literal(' is the replica identity of the table: without it, updates and deletes of a published table fail. Set another replica identity first')})`;
  return [
    found('not u.is_key'),
    refuse('index', 'found is null', reason),
    found('u.is_identity and not u.is_key'),
    refuse('identity', 'found is not null', identity),
  ];
}

/** What of the column no spec says, and a change of type does not leave as it is. */
function dependentsJudgements(change: Alteration): string[] {
  const to = newTypeOf(change);
  if (to === undefined) return [];
  const judgements: string[] = [];
  if (isText(to)) {
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

/** What a partition or a child holds may still change: the lock is on the table alone. */
function mayHaveRows(): string {
  return `(pg_catalog.pg_relation_size(target) ${GT} 0 or exists (select from pg_catalog.pg_inherits i where i.inhparent ${EQ} target))`;
}

/** A check is verified again; an index over an expression, or on some of the rows, is built again. */
function isReadByAll(): string {
  const check = `select from pg_catalog.pg_constraint k where k.conrelid ${EQ} target and k.contype ${EQ} 'c' and was.attnum ${EQ} any (k.conkey)`;
  const index = `select from pg_catalog.pg_depend d join pg_catalog.pg_index x on x.indexrelid ${EQ} d.objid
      where d.classid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid ${EQ} target and d.refobjsubid ${EQ} was.attnum and (x.indexprs is not null or x.indpred is not null)`;
  return `exists (${check}) or exists (${index})`;
}
