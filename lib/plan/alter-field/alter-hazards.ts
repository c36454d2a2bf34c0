import type { Alteration } from './alter-steps';
import { lossKey, nulledKey } from './conversion';
import { typeOf } from '../../field-types';
import { newTypeOf, newValuesOf } from '../../spec/field-changes';
import type { Hazard } from '../plan';
import { canLose, canNull, rewritesForType } from '../../field-types/type-change';
import type { Unforeseen } from '../unforeseen';

export function collationKey({ table, column }: Pick<Alteration, 'table' | 'column'>): string {
  return `collation:${table}.${column}`;
}

export function scanKey({ table, column }: Pick<Alteration, 'table' | 'column'>): string {
  return `scan:${table}.${column}`;
}

/** The hazards of a change of a field, as far as the change itself shows. */
export function alterHazards(change: Alteration): Hazard[] {
  const { table, column, set, from } = change;
  const to = newTypeOf(change);
  const at = { table, column };
  const hazards: Hazard[] = [];
  if (to !== undefined && rewritesForType(from, to)) {
    hazards.push({
      kind: 'rewrite',
      ...at,
      message: `${from === undefined ? 'Unless the type only grows, every' : 'Every'} row of "${table}" is rewritten, and the table cannot be read until it is done.`,
      saferWay: `Add a field of the new type, fill it in batches, then drop "${column}" and rename the new one.`,
    });
  }
  if (set.nullable === false || newValuesOf(set) !== undefined) {
    hazards.push({
      kind: 'scan',
      ...at,
      message: `Every row of "${table}" is read while the table is locked for everyone else.`,
      saferWay: 'Add the check NOT VALID, validate it in a second transaction, then make the change.',
    });
  }
  if (set.unique === true) {
    hazards.push({
      kind: 'uniqueBuild',
      ...at,
      message: `The unique index on "${column}" is built while "${table}" cannot be read.`,
      saferWay: 'Create a unique index CONCURRENTLY, then add the constraint USING INDEX.',
    });
  }
  return [...hazards, ...losses(change), ...nulls(change)];
}

function nulls(change: Alteration): readonly Hazard[] {
  const to = newTypeOf(change);
  if (to === undefined || !canNull(change.from, to)) return [];
  const { table, column } = change;
  return [
    {
      kind: 'dataLoss',
      table,
      column,
      message: `Values of "${column}" that ${to.type} cannot take are set to null, as requested with unconvertible: 'null'.`,
      saferWay: 'Count them with previewConversion, and correct or copy them first.',
    },
  ];
}

function losses(change: Alteration): readonly Hazard[] {
  const to = newTypeOf(change);
  if (to === undefined || !canLose(change.from, to)) return [];
  const { table, column } = change;
  return [
    {
      kind: 'dataLoss',
      table,
      column,
      message: `Values of "${column}" may contain more than ${to.type} keeps, such as a fraction, digits, a time of day or trailing blanks.`,
      saferWay: `Count the rows with previewConversion and correct them, or allow the loss: { hazards: { dataLoss: 'allow' } }.`,
    },
  ];
}

/** The hazards that depend on a row or on the catalog, and show while the change runs. */
export function unforeseenIn(change: Alteration): readonly Unforeseen[] {
  const { table, column, from } = change;
  const to = newTypeOf(change);
  if (to === undefined) return [];
  const at = { table, column };
  const unforeseen: Unforeseen[] = [
    ...losses(change).map((hazard) => ({ key: lossKey(table, column), hazard })),
    ...nulls(change).map((hazard) => ({ key: nulledKey(table, column), hazard, asked: true })),
  ];
  if (typeOf(to).isText) {
    unforeseen.push({
      key: collationKey(change),
      hazard: {
        kind: 'dataLoss',
        ...at,
        message: `"${column}" has its own collation, which a change of type replaces by that of the database: it then sorts and compares differently.`,
        saferWay: `Change the type by hand, with its COLLATE, or allow the loss: { hazards: { dataLoss: 'allow' } }.`,
      },
    });
  }
  if (from !== undefined && !rewritesForType(from, to)) {
    unforeseen.push({
      key: scanKey(change),
      hazard: {
        kind: 'scan',
        ...at,
        message: `A check, an index on an expression or a partial index uses "${column}": every row of "${table}" is read while the table is locked for everyone else.`,
        saferWay: 'Drop the check or index, change the type, then add the check NOT VALID, or the index CONCURRENTLY.',
      },
    });
  }
  return unforeseen;
}
