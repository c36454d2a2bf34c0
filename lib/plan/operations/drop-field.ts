import * as t from 'io-ts';
import { closed } from '../../codec/object-codec';
import { existingName, listOf, nameOf } from '../../codec/codecs';
import { failing, TRIGGER } from '../../sql/server-check';
import { PG_ATTRDEF, PG_CLASS, PG_CONSTRAINT } from '../../sql/catalog-oids';
import { qualified } from '../../sql/identifier';
import { ownLock } from '../../sql/own-lock';
import { step } from '../plan';
import { isPublished } from '../publications';
import { CONCAT, EQ, GT, MATCHES, NE } from '../../sql/qualified-sql';
import { query } from '../../sql/statement';
import { referenced } from '../../spec/referenced-table';
import { locksOnReferenced } from '../referenced-locks';
import { alteration } from '../render';
import type { Operation } from './operation';

const codec = closed(
  'dropField',
  { kind: t.literal('dropField'), table: nameOf('table'), column: nameOf('column') },
  { cascade: listOf(existingName), referencing: listOf(referenced) },
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
    sharedWithOthers(qualified(org, table), column, JSON.stringify(cascade)),
  ],
  dropsKeysOf: ({ table, column }) => ({ table, column }),
  hazards: () => [],
  message: 'DROP COLUMN',
  effects: (_org, { table, column, cascade }) => [{ verb: 'drops', of: 'column', table, column, cascade }],
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

/**
 * Fails for the indexes, keys, checks and statistics over this column and others, and on PostgreSQL 14 for the columns
 * generated from it, and for what a publication tells the rows by: PostgreSQL drops all of them silently (manual, ALTER
 * TABLE, DROP COLUMN). So for the triggers of the table whose function names the column: PostgreSQL does not look into
 * it, and every later insert would fail. Less those that the caller has named. For `$1` the table, `$2` the column, `$3`
 * the names as JSON.
 */
const sharedWithOthers = query(
  'shared',
  `select ${failing('dependents', `$2 ${CONCAT} ' ' ${CONCAT} $1 ${CONCAT} ': ' ${CONCAT} pg_catalog.string_agg(shown, ', ' order by shown)`)}
from (
  select path[pg_catalog.cardinality(path)] as name, pg_catalog.quote_ident(path[pg_catalog.cardinality(path)]) as shown
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
      ) or exists (
        select from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid ${EQ} i.indrelid
        where i.indrelid ${EQ} own.refobjid and (i.indexrelid ${EQ} own.objid or i.indexrelid ${EQ} (
            select conindid from pg_catalog.pg_constraint k where k.oid ${EQ} own.objid and own.classid ${EQ} ${PG_CONSTRAINT}))
          and (i.indisreplident or i.indisprimary and c.relreplident ${EQ} 'd' and ${isPublished('c.oid')})
      ))
  ) paths
  union all
  select g.tgname::pg_catalog.text, pg_catalog.concat('${TRIGGER}', g.tgname)
  from pg_catalog.pg_trigger g join pg_catalog.pg_proc p on p.oid ${EQ} g.tgfoid
  where g.tgrelid ${EQ} pg_catalog.to_regclass($1) and not g.tgisinternal and g.tgenabled ${NE} 'D'
    and p.prosrc ${MATCHES} pg_catalog.concat('${NO_NAME_BEFORE}', pg_catalog.replace($2::pg_catalog.text, '$', '[$]'), '${NO_NAME_AFTER}')
) shared
where name ${NE} all (array(select pg_catalog.json_array_elements_text($3::pg_catalog.json)))
having pg_catalog.count(*) ${GT} 0`,
);
