import { typeOf } from '../../field-types';
import { dollarQuoted } from '../../sql/literal';
import { qualified, quoted, type Identifier } from '../../sql/identifier';
import { isArray } from '../../field-types/options';
import { castOf, elementOf, isWhole, type NewType } from '../../field-types/type-change';
import { block } from '../../sql/server-check';
import { lossIn } from '../unforeseen';
import { conversionOf } from './conversion-of';

/** The key of a loss in a column while the change runs. */
export function lossKey(table: Identifier, column: Identifier): string {
  return `${LOSS}${table}.${column}`;
}

const LOSS = 'dataLoss:';

/** Whether a change was stopped by a row that would lose something. */
export function isLossKey(key: string): boolean {
  return key.startsWith(LOSS);
}

/** `type …`, and the conversion of each value, by the server's cast. `type` is the new type as SQL writes it. */
export function retyped(column: Identifier, to: NewType, type: string, ofArray: boolean): string {
  const value = quoted(column);
  // A cast would truncate a text that is too long; without one, PostgreSQL refuses it.
  const isAssigned = ofArray === isArray(to) && typeOf(elementOf(to)).isText;
  return `alter column ${value} type ${type}${isAssigned ? '' : ` using ${conversionOf(to, ofArray).cast(value, type)}`}`;
}

/** The key of a value that was set to null. */
export function nulledKey(table: Identifier, column: Identifier): string {
  return `${NULLED}${table}.${column}`;
}

const NULLED = 'unconvertible:';

/** Whether a change was stopped by a value that would have been set to null. */
export function isNulledKey(key: string): boolean {
  return key.startsWith(NULLED);
}

/**
 * The same, row by row: a row that would lose part of its value stops it, unless that is allowed. If requested, a value
 * that does not convert is set to null.
 */
export function retypedByRow(
  table: Identifier,
  column: Identifier,
  to: NewType,
  type: string,
  ofArray: boolean,
): string {
  const value = quoted(column);
  const conversion = conversionOf(to, ofArray);
  const keeps = conversion.keeps?.(value, type);
  if (keeps === undefined && to.unconvertible === undefined) return retyped(column, to, type, ofArray);
  // CASEs, since nothing else has a fixed order of evaluation (manual 4.2.14). No IS: for a partition or a child the
  // server analyses the expression once more, and it fails on an IS that it has analysed before (XX000).
  const cast = conversion.cast(value, type);
  const ifAllowed = (result: string, key: string, asked: boolean): string =>
    `case when ${lossIn('dataLoss', key, asked)} then ${result} end`;
  const whole =
    keeps === undefined
      ? cast
      : `case when not (${keeps}) then ${ifAllowed(cast, lossKey(table, column), false)} else ${cast} end`;
  const made =
    to.unconvertible === undefined
      ? whole
      : `case when not (${converts(value, to, type)}) then ${ifAllowed(castOf('null', to, type), nulledKey(table, column), true)} else ${whole} end`;
  return `alter column ${value} type ${type} using ${made}`;
}

/**
 * Each element of each row: first a query, which `using` cannot have, under the lock that the conversion needs too; it
 * stops, unless that is allowed, where an array would lose something.
 */
export function retypedElements(
  org: Identifier,
  table: Identifier,
  column: Identifier,
  to: NewType,
  type: string,
): string {
  const alter = `alter table ${qualified(org, table)} ${retyped(column, to, type, true)}`;
  const keeps = conversionOf(to, true).keeps?.(quoted(column), type);
  if (keeps === undefined) return alter;
  return block(`begin
  perform case when not (${keeps}) then ${lossIn('dataLoss', lossKey(table, column))} end from ${qualified(org, table)};
  ${alter};
end`);
}

function converts(value: string, to: NewType, type: string): string {
  const takes = typeOf(to).takes(value, to);
  const byCast = typeOf(to).converts(value, type);
  return takes === undefined ? byCast : `(${byCast}) and (${takes})`;
}

/** Statements of a block: one of the two, depending on the type that the column has; `was` is its pg_attribute. */
export function retypedByCatalog(alterTable: string, table: Identifier, column: Identifier, to: NewType): string {
  const sql = (action: string): string => dollarQuoted(`${alterTable} ${action}`);
  return `execute pg_catalog.format(
    case when ${isWhole(to)} then ${sql(retyped(column, to, TYPE_HERE, false))}
    else ${sql(retypedByRow(table, column, to, TYPE_HERE, false))} end,
    ${typeOf(to).ownName(to, 'was.atttypmod')});`;
}

/** For format(), which inserts the type. */
const TYPE_HERE = '%1$s';
