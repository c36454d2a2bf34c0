import * as t from 'io-ts';
import { alterGuard } from '../alter-field/alter-guard';
import { unforeseenIn } from '../alter-field/alter-hazards';
import { alterSteps } from '../alter-field/alter-steps';
import { closedObject } from '../../codec/object-codec';
import { listOf, nameOf, oneOf } from '../../codec/codecs';
import type { Advice } from '../advice';
import { lossKey, nulledKey } from '../alter-field/conversion';
import type { Fault } from '../../errors';
import { defaultFaultsBy, FieldChanges, fieldTypeSpec, newTypeOf, optionFaultsBy } from '../../spec/field-changes';
import { isArray } from '../../field-types/options';
import type { Identifier } from '../../sql/identifier';
import { ownLock } from '../../sql/own-lock';
import { alterFieldStages } from '../online/alter-field-stages';
import { referenced } from '../../spec/referenced-table';
import { rowsInTheWay } from '../rows-in-the-way';
import { putBack } from '../../sql/session-settings';
import { castFault, listBeside, type TypeSpec } from '../../field-types/type-change';
import { noteLosses } from '../unforeseen';
import type { Statement } from '../../sql/statement';
import type { Operation } from './operation';

const codec = closedObject(
  'alterField',
  { kind: t.literal('alterField'), table: nameOf('table'), column: nameOf('column'), set: FieldChanges },
  { from: fieldTypeSpec, referencing: listOf(referenced), unconvertible: oneOf(['null']) },
  ({ from, set, unconvertible }) => [
    ...unconvertibleFaults({ from, set }, unconvertible),
    ...changeFaults(from, set),
    ...arrayFaults(from, set),
  ],
);

type AlterField = t.TypeOf<typeof codec>;

const ADVICE: Advice = {
  NOT_NULL_VIOLATION: ({ column, model }) =>
    `Rows in ${model} have no value for "${column}". A default applies only to new rows: fill these first (select * from ${model} where "${column}" is null).`,
  DEPENDENT_OBJECTS: ({ column, model, dependents }) =>
    `Other objects use "${column}" of ${model}: ${dependents}. Nothing was changed. Drop these first, and create them again afterwards.`,
  INVALID_SPEC: ({ column, model }) =>
    `The new type or default of "${column}" does not fit the rest of ${model}. Nothing was changed. Pass a new default with a new type, or null for none; a field that refers to another must have the same type.`,
};

/** If values are set to null that the new type cannot take. */
const ADVICE_WITH_NULLS: Advice = {
  ...ADVICE,
  NOT_NULL_VIOLATION: ({ column, model }) =>
    `Values of "${column}" that the new type cannot take would become null, and "${column}" of ${model} is not nullable. Nothing was changed. Correct these rows first, or make the field nullable.`,
};

/**
 * `alter table … alter column`, one statement for each property that is named. knex's `.alter()` is not used: it drops
 * the default and NOT NULL of a column unless both are repeated.
 */
export const alterField: Operation<AlterField, t.OutputOf<typeof codec>> = {
  codec,
  message: 'ALTER COLUMN',
  effects: (_org, { table, column, set, unconvertible }) => [
    { verb: 'alters', of: 'column', table, column, set, unconvertible },
  ],
  plan: (org, change) => {
    const { table, column } = change;
    const plain = { guards: guardsOf(org, change), steps: alterSteps(org, change) };
    if (newTypeOf(change) === undefined) return plain;
    return {
      ...plain,
      afterwards: [...notedLosses(change), putBack()],
      unforeseen: unforeseenIn(change),
      dropsKeysOf: { table, column, bothEnds: true },
    };
  },
  stages: alterFieldStages,
  buildsIndex: true,
  advice: ({ unconvertible }) => (unconvertible === undefined ? ADVICE : ADVICE_WITH_NULLS),
  rows: rowsInTheWay,
};

function guardsOf(org: Identifier, change: AlterField): readonly Statement[] {
  const onlyComments = Object.keys(change.set).every((key) => key === 'comment');
  const found = alterGuard(org, change);
  // The block takes the lock itself. A comment takes a weaker one; everything else could also alter a view.
  if (found === undefined) return onlyComments ? [] : [ownLock(org, change.table)];
  return [found];
}

function notedLosses({ table, column, unconvertible }: AlterField): readonly Statement[] {
  const lost = noteLosses(lossKey(table, column));
  return unconvertible === undefined ? [lost] : [lost, noteLosses(nulledKey(table, column), true)];
}

function unconvertibleFaults({ from, set }: Given, unconvertible: string | undefined): readonly Fault[] {
  if (set === undefined || unconvertible === undefined) return [];
  if (isArray(set) || (from !== undefined && isArray(from))) {
    return [{ path: 'unconvertible', message: 'applies to single values: correct the arrays first' }];
  }
  if (newTypeOf({ column: '', set }) !== undefined) return [];
  return [{ path: 'unconvertible', message: 'applies to a change of type: name the new type in set' }];
}

interface Given {
  readonly from: TypeSpec | undefined;
  readonly set: FieldChanges | undefined;
}

/** What is a list by itself does not become an array, and an array does not become such a list. */
function arrayFaults(from: TypeSpec | undefined, set: FieldChanges | undefined): readonly Fault[] {
  const to = set && newTypeOf({ column: '', set, from });
  const list = from && to && listBeside(from, to);
  if (list === undefined) return [];
  return [
    { path: 'set.type', message: `PostgreSQL does not convert between ${list} and arrays: add a field, and fill it` },
  ];
}

function changeFaults(from: TypeSpec | undefined, set: FieldChanges | undefined): readonly Fault[] {
  if (from === undefined || set === undefined) return [];
  const noCast = set.type === undefined ? undefined : castFault(from, { type: set.type });
  if (noCast !== undefined) return [{ path: 'set.type', message: noCast }];
  const faults = optionFaultsBy(from, set);
  return faults.length > 0 ? faults : defaultFaultsBy(from, set);
}
