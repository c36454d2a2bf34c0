import * as t from 'io-ts';
import { closed } from '../closed';
import { listOf, nameOf } from '../codecs';
import { failing, TRIGGER } from '../guard';
import { qualified } from '../identifier';
import { ownLock } from '../own-lock';
import { step } from '../plan';
import { CONCAT, EQ, GT, MATCHES, NE } from '../qualified-sql';
import { query } from '../query';
import { locksOnReferenced, referenced } from '../referenced';
import { alteration } from '../render';
import { expectedModel } from '../subject';
import type { Operation } from './operation';

const codec = closed(
  'dropField',
  { kind: t.literal('dropField'), table: nameOf('table'), column: nameOf('column') },
  { cascade: listOf(nameOf('constraint')), referencing: listOf(referenced) },
);

type DropField = t.TypeOf<typeof codec>;

/** `alter table … drop column`. The space comes back only when the rows are written again. */
export const dropField: Operation<DropField, t.OutputOf<typeof codec>> = {
  codec,
  steps: (org, { table, column, referencing }) => {
    const own = { schema: org, table, mode: 'AccessExclusiveLock' } as const;
    const sql = alteration(org, table, ['drop', column], (builder) => void builder.dropColumn(column));
    return [step(sql, { locks: [own, ...locksOnReferenced(own, referencing)] })];
  },
  guards: (org, { table, column, cascade = [] }) => [
    // What another transaction is building just now is known when the lock is ours.
    ownLock(org, table),
    sharedWithOthers(qualified(org, table), column, cascade.join('.')),
  ],
  hazards: () => [],
  subject: (org, { table, column }) => ({
    message: 'DROP COLUMN',
    table,
    fields: [column],
    expectations: [expectedModel(org, table), { schema: org, table, column, present: true, code: 'FIELD_NOT_FOUND' }],
    effects: [{ schema: org, table, column, present: false }],
  }),
  examples: [
    { variant: 'a field', change: { kind: 'dropField', table: 'invoice', column: 'note' } },
    { variant: 'a unique field', change: { kind: 'dropField', table: 'invoice', column: 'code' } },
    {
      variant: 'a field that refers to another table',
      change: {
        kind: 'dropField',
        table: 'invoice',
        column: 'customer_id',
        referencing: [{ schema: 'acme-corp', table: 'customer' }],
      },
    },
    {
      variant: 'a field of an index over several',
      change: { kind: 'dropField', table: 'invoice', column: 'amount', cascade: ['invoice_by_status'] },
    },
  ],
};

/** What is part of no name, or nothing: a column is named only as a whole. */
const NO_NAME_BEFORE = '(?i)(^|[^[:alnum:]_$])';
const NO_NAME_AFTER = '($|[^[:alnum:]_$])';

/** The oids of pg_class and pg_attrdef: the same in every database, and no name to look up. */
const PG_CLASS = 1259;
const PG_ATTRDEF = 2604;

/**
 * Fails for the indexes, keys, checks and statistics over this column and others, and on PostgreSQL 14 for the columns
 * generated from it, which PostgreSQL drops with it silently (manual, ALTER TABLE, DROP COLUMN), less those that the
 * caller has named. So for the triggers of the table whose function names the column: PostgreSQL does not look into it,
 * and every later insert would fail. For `$1` the table, `$2` the column, `$3` the names, with dots between them: a dot
 * is in no name.
 */
const sharedWithOthers = query(
  'shared',
  `select ${failing('dependents', `$2 ${CONCAT} ' ' ${CONCAT} $1 ${CONCAT} ': ' ${CONCAT} pg_catalog.string_agg(shown, ', ' order by shown)`)}
from (
  select path[pg_catalog.cardinality(path)] as name, path[pg_catalog.cardinality(path)] as shown
  from (
    select (pg_catalog.pg_identify_object_as_address(own.classid, own.objid, own.objsubid)).object_names as path
    from pg_catalog.pg_depend own
    where own.refclassid ${EQ} ${PG_CLASS} and own.refobjid ${EQ} pg_catalog.to_regclass($1)
      and own.deptype ${EQ} 'a' and own.classid ${NE} ${PG_ATTRDEF} and own.refobjsubid ${EQ} (
        select attnum from pg_catalog.pg_attribute where attrelid ${EQ} pg_catalog.to_regclass($1) and attname ${EQ} $2)
      and (own.objsubid ${NE} 0 or exists (
        select from pg_catalog.pg_depend other
        where other.classid ${EQ} own.classid and other.objid ${EQ} own.objid and other.refclassid ${EQ} own.refclassid
          and other.refobjid ${EQ} own.refobjid and other.deptype ${EQ} 'a'
          and other.refobjsubid ${NE} 0 and other.refobjsubid ${NE} own.refobjsubid
      ))
  ) paths
  union all
  select g.tgname::pg_catalog.text, pg_catalog.concat('${TRIGGER}', g.tgname)
  from pg_catalog.pg_trigger g join pg_catalog.pg_proc p on p.oid ${EQ} g.tgfoid
  where g.tgrelid ${EQ} pg_catalog.to_regclass($1) and not g.tgisinternal and g.tgenabled ${NE} 'D'
    and p.prosrc ${MATCHES} pg_catalog.concat('${NO_NAME_BEFORE}', pg_catalog.replace($2::pg_catalog.text, '$', '[$]'), '${NO_NAME_AFTER}')
) shared
where name ${NE} all (pg_catalog.string_to_array($3, '.'))
having pg_catalog.count(*) ${GT} 0`,
);
