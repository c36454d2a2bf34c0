import type { Alteration } from './alteration';
import { lossKey, nulledKey } from './conversion';
import { typeOf } from '../../field-types';
import { isArray } from '../../field-types/options';
import { onlineRefusal } from './online-refusal';
import { newTypeOf } from '../../spec/field-changes';
import type { Hazard, Unforeseen } from '../plan';
import { canLose, canNull, elementOf, isOfArray, rewritesForType, type NewType } from '../../field-types/type-change';
import { rewriteHazard, scanHazard } from '../row-hazards';

export function collationKey({ table, column }: Pick<Alteration, 'table' | 'column'>): string {
  return `collation:${table}.${column}`;
}

export function scanKey({ table, column }: Pick<Alteration, 'table' | 'column'>): string {
  return `scan:${table}.${column}`;
}

/** The hazards of a new type, as far as the change itself shows. */
export function typeHazards(change: Alteration, to: NewType): readonly Hazard[] {
  const { column, from } = change;
  const rewrite = rewriteHazard(
    from === undefined
      ? `Unless the type only grows, changing that of "${column}"`
      : `Changing the type of "${column}"`,
    change,
    onlineRefusal(change, to) === undefined
      ? 'Use applyOnline, which fills a column of the new type in batches while others read and write.'
      : `Add a field of the new type, fill it in batches, then drop "${column}" and rename the new one.`,
  );
  return [...(rewritesForType(from, to) ? [rewrite] : []), ...losses(change, to), ...nulls(change, to)];
}

/** Of a step that checks every row. */
export function checkHazard(change: Alteration): Hazard {
  const saferWay = 'Add the check NOT VALID, validate it in a second transaction, then make the change.';
  return scanHazard(`Changing "${change.column}"`, change, saferWay);
}

function nulls(change: Alteration, to: NewType): readonly Hazard[] {
  if (!canNull(change.from, to)) return [];
  const message = `Values of "${change.column}" that ${to.type} cannot take are set to null, as requested with unconvertible: 'null'.`;
  return [dataLoss(change, message, 'Count them with previewConversion, and correct or copy them first.')];
}

function losses(change: Alteration, to: NewType): readonly Hazard[] {
  const { column, from } = change;
  if (!canLose(from, to)) return [];
  const [message, rescue] =
    isOfArray(from, to) && !isArray(to)
      ? [
          `Only the first element of each array of "${column}" is kept: an array of none, or of more than one, loses something.`,
          'copy the arrays to another field',
        ]
      : [
          `Values of "${column}" may contain more than ${to.type} keeps, such as a fraction, digits, a time of day or trailing blanks.`,
          'correct them',
        ];
  return [dataLoss(change, message, `Count the rows with previewConversion and ${rescue}, ${OR_ALLOW}`)];
}

const OR_ALLOW = `or allow the loss: { hazards: { dataLoss: 'allow' } }.`;

function dataLoss({ table, column }: Alteration, message: string, saferWay: string): Hazard {
  return { kind: 'dataLoss', table, column, message, saferWay };
}

/** The hazards that depend on a row or on the catalog, and show while the change runs. */
export function unforeseenIn(change: Alteration): readonly Unforeseen[] {
  const { table, column, from } = change;
  const to = newTypeOf(change);
  if (to === undefined) return [];
  const unforeseen: Unforeseen[] = [
    ...losses(change, to).map((hazard) => ({ key: lossKey(table, column), hazard })),
    ...nulls(change, to).map((hazard) => ({ key: nulledKey(table, column), hazard, asked: true })),
  ];
  if (typeOf(elementOf(to)).isText) {
    unforeseen.push({
      key: collationKey(change),
      hazard: dataLoss(
        change,
        `"${column}" has its own collation, which a change of type replaces by that of the database: it then sorts and compares differently.`,
        `Change the type by hand, with its COLLATE, ${OR_ALLOW}`,
      ),
    });
  }
  if (from !== undefined && !rewritesForType(from, to)) {
    unforeseen.push({
      key: scanKey(change),
      hazard: scanHazard(
        `A check, an index on an expression or a partial index uses "${column}", so changing its type`,
        change,
        'Drop the check or index, change the type, then add the check NOT VALID, or the index CONCURRENTLY.',
      ),
    });
  }
  return unforeseen;
}
