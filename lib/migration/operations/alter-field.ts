import * as t from 'io-ts';
import { closed } from '../closed';
import { nameOf } from '../codecs';
import { changedDefaultSql, FieldChanges, fieldTypeSpec, impliedType } from '../field-changes';
import { typeOf } from '../field-types';
import { derivedName, qualified, quoted, type Identifier } from '../identifier';
import { step, type Hazard, type Lock, type Step } from '../plan';
import { checkClause, commentOn } from '../render';
import { expectedModel } from '../subject';
import { rewritesForType, type TypeSpec } from '../type-change';
import type { Operation } from './operation';

const codec = closed(
  'alterField',
  { kind: t.literal('alterField'), table: nameOf('table'), column: nameOf('column'), set: FieldChanges },
  { from: fieldTypeSpec },
);

type AlterField = t.TypeOf<typeof codec>;

/**
 * `alter table … alter column`, a statement for each property that is named. knex's own `.alter()` is not
 * used: it drops the default and NOT NULL of a column unless both are said again.
 */
export const alterField: Operation<AlterField, t.OutputOf<typeof codec>> = {
  codec,
  steps: (org, change) => [
    ...typeSteps(org, change),
    ...defaultSteps(org, change),
    ...nullableSteps(org, change),
    ...checkSteps(org, change),
    ...uniqueSteps(org, change),
    ...commentSteps(org, change),
  ],
  hazards: (_org, change) => hazardsOf(change),
  subject: (org, { table, column }) => ({
    message: 'ALTER COLUMN',
    table,
    fields: [column],
    expectations: [expectedModel(org, table), { schema: org, table, column, present: true, code: 'FIELD_NOT_FOUND' }],
    effects: [],
  }),
  examples: [
    {
      variant: 'a longer String',
      change: {
        kind: 'alterField',
        table: 'invoice',
        column: 'title',
        set: { length: 200 },
        from: { type: 'String', length: 40 },
      },
    },
    {
      variant: 'a shorter String',
      change: {
        kind: 'alterField',
        table: 'invoice',
        column: 'title',
        set: { length: 20 },
        from: { type: 'String', length: 40 },
      },
    },
    {
      variant: 'String to Text',
      change: {
        kind: 'alterField',
        table: 'invoice',
        column: 'title',
        set: { type: 'Text' },
        from: { type: 'String', length: 40 },
      },
    },
    {
      variant: 'Text to String',
      change: { kind: 'alterField', table: 'invoice', column: 'note', set: { type: 'String' }, from: { type: 'Text' } },
    },
    {
      variant: 'Int to BigInt',
      change: {
        kind: 'alterField',
        table: 'invoice',
        column: 'quantity',
        set: { type: 'BigInt' },
        from: { type: 'Int' },
      },
    },
    {
      variant: 'Decimal of more digits',
      change: {
        kind: 'alterField',
        table: 'invoice',
        column: 'amount',
        set: { precision: 14, scale: 2 },
        from: { type: 'Decimal', precision: 12, scale: 2 },
      },
    },
    {
      variant: 'Decimal of another scale',
      change: {
        kind: 'alterField',
        table: 'invoice',
        column: 'amount',
        set: { precision: 12, scale: 4 },
        from: { type: 'Decimal', precision: 12, scale: 2 },
      },
    },
    {
      variant: 'Text to Enum',
      change: {
        kind: 'alterField',
        table: 'invoice',
        column: 'note',
        set: { type: 'Enum', values: ['note', 'remark'] },
        from: { type: 'Text' },
      },
    },
    {
      variant: 'Enum to Text',
      change: {
        kind: 'alterField',
        table: 'invoice',
        column: 'status',
        set: { type: 'Text' },
        from: { type: 'Enum', values: ['draft', 'sent'] },
      },
    },
    {
      variant: 'from a type that is not named',
      change: { kind: 'alterField', table: 'invoice', column: 'quantity', set: { type: 'Float' } },
    },
    {
      variant: 'not nullable',
      change: { kind: 'alterField', table: 'invoice', column: 'title', set: { nullable: false } },
    },
    {
      variant: 'nullable',
      change: { kind: 'alterField', table: 'invoice', column: 'issued_at', set: { nullable: true } },
    },
    {
      variant: 'default',
      change: { kind: 'alterField', table: 'invoice', column: 'title', set: { default: 'untitled' } },
    },
    {
      variant: 'volatile default',
      change: { kind: 'alterField', table: 'invoice', column: 'note', set: { default: { fn: 'uuid' } } },
    },
    {
      variant: 'no default',
      change: { kind: 'alterField', table: 'invoice', column: 'quantity', set: { default: null } },
    },
    {
      variant: 'type and default',
      change: {
        kind: 'alterField',
        table: 'invoice',
        column: 'quantity',
        set: { type: 'Text', default: 'one' },
        from: { type: 'Int' },
      },
    },
    { variant: 'unique', change: { kind: 'alterField', table: 'invoice', column: 'quantity', set: { unique: true } } },
    {
      variant: 'no longer unique',
      change: { kind: 'alterField', table: 'invoice', column: 'code', set: { unique: false } },
    },
    {
      variant: 'other values of an Enum',
      change: { kind: 'alterField', table: 'invoice', column: 'status', set: { values: ['draft', 'sent', 'paid'] } },
    },
    {
      variant: 'comment',
      change: { kind: 'alterField', table: 'invoice', column: 'title', set: { comment: 'As it is printed' } },
    },
  ],
};

/** Null where the statement leaves the type alone. */
function newType({ column, set }: AlterField): (TypeSpec & { readonly name: Identifier }) | undefined {
  const type = impliedType(set);
  // An Enum is text whatever its values.
  if (type === undefined || (set.type === undefined && type === 'Enum')) return undefined;
  const { length, precision, scale, values } = set;
  return { name: column, type, length, precision, scale, values };
}

function typeSteps(org: Identifier, change: AlterField): Step[] {
  const { table, column, set, from } = change;
  const to = newType(change);
  if (to === undefined) return [];
  const name = typeOf(to).catalogName(to);
  // A cast would cut a text that is too long; without one, PostgreSQL refuses it.
  const using = name.startsWith('character varying') || name === 'text' ? '' : ` using ${quoted(column)}::${name}`;
  const rewrites = rewritesForType(from, to);
  const retyped = `alter column ${quoted(column)} type ${name}${using}`;
  const steps = [alterTable(org, table, retyped, { rewritesTable: rewrites, scansTable: rewrites })];
  // The old default may not be one of the new type; the new one is set afterwards.
  if (set.default !== undefined) steps.unshift(alterTable(org, table, `alter column ${quoted(column)} drop default`));
  // What held the values of an Enum has no say in another type.
  if (set.type !== undefined && set.values === undefined) {
    steps.unshift(alterTable(org, table, `drop constraint if exists ${quoted(derivedName('check', table, [column]))}`));
  }
  return steps;
}

function defaultSteps(org: Identifier, change: AlterField): Step[] {
  const { table, column, set } = change;
  if (set.default === undefined) return [];
  // Dropped already, before the type was changed.
  if (set.default === null && newType(change) !== undefined) return [];
  const action = set.default === null ? 'drop default' : `set default ${changedDefaultSql(set, set.default)}`;
  return [alterTable(org, table, `alter column ${quoted(column)} ${action}`)];
}

function nullableSteps(org: Identifier, { table, column, set }: AlterField): Step[] {
  if (set.nullable === undefined) return [];
  const action = set.nullable ? 'drop not null' : 'set not null';
  return [alterTable(org, table, `alter column ${quoted(column)} ${action}`, { scansTable: !set.nullable })];
}

function checkSteps(org: Identifier, { table, column, set }: AlterField): Step[] {
  if (set.values === undefined) return [];
  const name = quoted(derivedName('check', table, [column]));
  const clauses = `drop constraint if exists ${name}, add ${checkClause(table, column, set.values)}`;
  return [alterTable(org, table, clauses, { scansTable: true })];
}

function uniqueSteps(org: Identifier, { table, column, set }: AlterField): Step[] {
  if (set.unique === undefined) return [];
  const name = derivedName('key', table, [column]);
  if (!set.unique) return [alterTable(org, table, `drop constraint ${quoted(name)}`)];
  return [alterTable(org, table, `add constraint ${quoted(name)} unique (${quoted(column)})`, { scansTable: true })];
}

function commentSteps(org: Identifier, { table, column, set }: AlterField): Step[] {
  if (set.comment === undefined) return [];
  const locks = [{ schema: org, table, mode: 'ShareUpdateExclusiveLock' }] as const;
  return [step(commentOn(org, table, column, set.comment), { locks })];
}

function alterTable(org: Identifier, table: Identifier, action: string, costs: Partial<Step> = {}): Step {
  const locks: Lock[] = [{ schema: org, table, mode: 'AccessExclusiveLock' }];
  return step(`alter table ${qualified(org, table)} ${action}`, { locks, ...costs });
}

function hazardsOf(change: AlterField): Hazard[] {
  const { table, column, set, from } = change;
  const to = newType(change);
  const at = { table, column };
  const hazards: Hazard[] = [];
  if (to !== undefined && rewritesForType(from, to)) {
    hazards.push({
      kind: 'rewrite',
      ...at,
      message: `${from === undefined ? 'Unless the type only grows, every' : 'Every'} row of "${table}" is written anew, and nobody can read it meanwhile.`,
      saferWay: `Add a field of the new type, fill it in batches, then drop "${column}" and rename the new one.`,
    });
  }
  if (set.nullable === false || set.values !== undefined) {
    hazards.push({
      kind: 'scan',
      ...at,
      message: `Every row of "${table}" is read while nobody else can read it.`,
      saferWay: 'Add the check NOT VALID, validate it in a second transaction, then make the change.',
    });
  }
  if (set.unique === true) {
    hazards.push({
      kind: 'uniqueBuild',
      ...at,
      message: `The unique index on "${column}" is built while nobody can read "${table}".`,
      saferWay: 'Create a unique index CONCURRENTLY, then add the constraint USING INDEX.',
    });
  }
  return hazards;
}
