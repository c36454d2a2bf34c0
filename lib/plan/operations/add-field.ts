import * as t from 'io-ts';
import { closedObject } from '../../codec/object-codec';
import { nameOf } from '../../codec/codecs';
import type { Fault } from '../../errors';
import { FieldCodec, type Field } from '../../spec/field-spec';
import { typeOf } from '../../field-types';
import type { Identifier } from '../../sql/identifier';
import { exclusiveLock, step, type ChangeStep, type Hazard, type Lock, type Step } from '../plan';
import { addedColumn, columnConstraints, commentOn } from '../render';
import { refersTo } from '../effects';
import { rewriteHazard, scanHazard, uniqueBuildHazard } from '../row-hazards';
import { foreignKeysOf, isSelf, targetLock } from '../foreign-keys';
import { addFieldStages } from '../online/add-field-stages';
import { fillStages } from '../online/fill-stages';
import type { Operation } from './operation';

const codec = closedObject(
  'addField',
  { kind: t.literal('addField'), table: nameOf('table'), field: FieldCodec },
  {},
  ({ field }): Fault[] =>
    field?.primaryKey === true
      ? [
          {
            path: 'field.primaryKey',
            message: 'a key is part of a new model; add the field without it, then make the key with addKey',
          },
        ]
      : [],
);

type AddField = t.TypeOf<typeof codec>;

/**
 * `alter table … add column`, in one statement whatever the field brings with it: PostgreSQL then knows that a new
 * nullable column is empty, and scans no row for its foreign key.
 */
export const addField: Operation<AddField, t.OutputOf<typeof codec>> = {
  codec,
  message: 'ADD COLUMN',
  effects: (_org, { table, field }) => [
    { verb: 'adds', of: 'column', table, column: field.name, field },
    ...foreignKeysOf({ fields: [field] }).map(({ references }) => refersTo(references)),
  ],
  plan: (org, { table, field }) => ({
    steps: [addColumnStep(org, table, field), ...commentSteps(org, table, field)],
    refusedOnCitus: field.identity === true ? { table, column: field.name, ...IDENTITY_ON_CITUS } : undefined,
  }),
  stages: (org, { table, field }, { steps }) => {
    if (isRewrite(field)) return fillStages(org, table, field, steps.slice(1));
    return isScan(field) ? addFieldStages(org, table, field, steps) : undefined;
  },
  advice: {
    UNIQUE_VIOLATION: ({ model }) =>
      `${model} has rows that violate the unique constraint. A unique field that is added to rows cannot have a constant default: add it without one, fill it, then make it unique.`,
  },
};

/** It numbers the rows of a new table alone. */
const IDENTITY_ON_CITUS = {
  what: 'add an identity',
  saferWay: 'Create the model with the identity, or add the field without it and number the rows yourself.',
};

function addColumnStep(org: Identifier, table: Identifier, field: Field): ChangeStep {
  const locks: Lock[] = [exclusiveLock(org, table)];
  for (const { references } of foreignKeysOf({ fields: [field] })) {
    if (!isSelf(org, table, references)) locks.push(targetLock(references));
  }
  return step([addedColumn(org, table, field), ...columnConstraints(table, field)].join(' '), {
    locks,
    locksOnCitus: locks.map((lock) => ({ ...lock, mode: 'AccessExclusiveLock' })),
    rewritesTable: isRewrite(field),
    scansTable: isScan(field),
    hazards: hazardsOf(table, field),
  });
}

function commentSteps(org: Identifier, table: Identifier, { name, comment }: Field): readonly Step[] {
  if (comment === undefined) return [];
  const locks = [{ schema: org, table, mode: 'ShareUpdateExclusiveLock' }] as const;
  return [step(commentOn(org, table, name, comment), { locks })];
}

/** Row by row, since each row gets its own value (manual, ALTER TABLE, Notes). */
function isRewrite(field: Field): boolean {
  return field.identity === true || (field.default !== undefined && typeOf(field).isVolatile(field.default));
}

function isScan(field: Field): boolean {
  const { default: value, nullable, references, unique } = field;
  if (unique === true || isRewrite(field)) return true;
  if (nullable === false && value === undefined) return true;
  if (typeOf(field).checkedValues(field) !== undefined) return true;
  // A new column without a default is null in every row, which satisfies any foreign key.
  return references !== undefined && value !== undefined;
}

/** Whether fillStages has stages for it. */
function isFilledOnline(table: Identifier, field: Field): boolean {
  const { name, default: value, references } = field;
  const hasPlaceholder = typeOf(field).unusedValue(`${table}.${name}`) !== undefined;
  return value !== undefined && references === undefined && hasPlaceholder;
}

function hazardsOf(table: Identifier, field: Field): Hazard[] {
  const { name, nullable, default: value, identity, unique } = field;
  const at = { table, column: name };
  const adding = `Adding "${name}"`;
  const hazards: Hazard[] = [];
  if (isRewrite(field)) {
    const saferWay = isFilledOnline(table, field)
      ? 'Use applyOnline, which fills the rows in batches while others read and write.'
      : identity === true
        ? 'Add the field without identity, fill it in batches, then add the identity by hand, past the highest value.'
        : 'Add the field without a default, fill it in batches, then set the default.';
    hazards.push(rewriteHazard(adding, at, saferWay));
  }
  if (nullable === false && value === undefined && identity !== true) {
    hazards.push({
      kind: 'notNullWithoutDefault',
      ...at,
      message: `"${name}" is not nullable and has no default: adding it fails if "${table}" has rows.`,
      saferWay: 'Set a default, or add it nullable, fill it, then make it not nullable.',
    });
  }
  if (unique === true) {
    hazards.push(uniqueBuildHazard(at, 'Add the field first, then create a unique index CONCURRENTLY.'));
  } else if (isScan(field) && hazards.length === 0) {
    const saferWay = 'Add the field without a default or a check, then add these NOT VALID, and validate them.';
    hazards.push(scanHazard(adding, at, saferWay));
  }
  return hazards;
}
