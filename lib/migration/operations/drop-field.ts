import * as t from 'io-ts';
import { closed } from '../closed';
import { listOf, nameOf } from '../codecs';
import { guard } from '../guard';
import { qualified, type Identifier } from '../identifier';
import { literal } from '../literal';
import { step } from '../plan';
import { locksOnReferenced, referenced } from '../referenced';
import { rendered } from '../render';
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
    const [sql = ''] = rendered(org, (schema) =>
      schema.alterTable(table, (builder) => void builder.dropColumn(column)),
    );
    return [step(sql, { locks: [own, ...locksOnReferenced(own, referencing)] })];
  },
  guards: (org, { table, column, cascade = [] }) => [sharedWithOthers(org, table, column, cascade)],
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

/** The oids of pg_class and pg_attrdef: the same in every database, and no name to look up. */
const PG_CLASS = 1259;
const PG_ATTRDEF = 2604;

/**
 * The indexes, keys, checks and statistics over this column and others, which PostgreSQL drops with it
 * without a word (manual, ALTER TABLE, DROP COLUMN), less those that the caller has named.
 */
function sharedWithOthers(
  org: Identifier,
  table: Identifier,
  column: Identifier,
  cascade: readonly Identifier[],
): string {
  const relation = `to_regclass(${literal(qualified(org, table))})`;
  const attnum = `(select attnum from pg_catalog.pg_attribute where attrelid = ${relation} and attname = ${literal(column)})`;
  const own = `pg_catalog.pg_depend where refclassid = ${PG_CLASS} and refobjid = ${relation} and deptype = 'a'`;
  const shared = `select classid, objid from ${own} and refobjsubid > 0
    group by classid, objid having count(distinct refobjsubid) > 1 and bool_or(refobjsubid = ${attnum})`;
  const acknowledged = cascade.length === 0 ? '' : ` where name not in (${cascade.map(literal).join(', ')})`;
  return guard({
    kind: 'dependents',
    // Most columns have nothing but a default, and planning the rest costs more than the drop.
    test: `select from ${own} and refobjsubid = ${attnum} and classid <> ${PG_ATTRDEF}`,
    reason: `(select string_agg(name, ', ' order by name) from (
      select coalesce(
        (select conname from pg_catalog.pg_constraint where classid = 'pg_catalog.pg_constraint'::regclass and oid = objid),
        (select relname from pg_catalog.pg_class where classid = 'pg_catalog.pg_class'::regclass and oid = objid),
        (select stxname from pg_catalog.pg_statistic_ext where classid = 'pg_catalog.pg_statistic_ext'::regclass and oid = objid)
      )::text as name from (${shared}) shared) names${acknowledged})`,
  });
}
