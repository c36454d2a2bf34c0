import { typeOf } from '../../field-types';
import { dollarQuoted } from '../../sql/literal';
import { quoted, type Identifier } from '../../sql/identifier';
import { castOf, isWhole, type NewType } from '../../field-types/type-change';
import { lossIn } from '../unforeseen';

/** The name under which a loss in a column is known while the change runs. */
export function lossKey(table: Identifier, column: Identifier): string {
  return `${LOSS}${table}.${column}`;
}

const LOSS = 'dataLoss:';

/** Whether it was a row that lost something which stopped a change. */
export function isLossKey(key: string): boolean {
  return key.startsWith(LOSS);
}

/** `type …`, and how each value becomes one of it, by the server's cast. `type` is the new type as SQL writes it. */
export function retyped(column: Identifier, to: NewType, type: string): string {
  const value = quoted(column);
  // A cast would cut a text that is too long; without one, PostgreSQL refuses it.
  return `alter column ${value} type ${type}${typeOf(to).isText ? '' : ` using ${value}::${type}`}`;
}

/** The same, where a row that would lose a part of its value stops it, unless that is allowed. */
export function retypedUnlessLost(table: Identifier, column: Identifier, to: NewType, type: string): string {
  const value = quoted(column);
  const keeps = typeOf(to).keeps(value, type, to);
  if (keeps === undefined) return retyped(column, to, type);
  // A CASE, since nothing else has a fixed order of evaluation (manual 4.2.14). No IS: for a partition or a child the
  // server analyses the expression once more, and it fails on an IS that it has analysed before (XX000).
  const cast = castOf(value, to, type);
  const unlessAllowed = lossIn('dataLoss', lossKey(table, column));
  return `alter column ${value} type ${type} using case when not (${keeps}) then case when ${unlessAllowed} then ${cast} end else ${cast} end`;
}

/** Statements of a block: either of the two, as the type that the column has calls for; `was` is its pg_attribute. */
export function retypedByCatalog(alterTable: string, table: Identifier, column: Identifier, to: NewType): string {
  const sql = (action: string): string => dollarQuoted(`${alterTable} ${action}`);
  return `execute pg_catalog.format(
    case when ${isWhole(to)} then ${sql(escaped(retyped, column, to))}
    else ${sql(escaped((of, type, name) => retypedUnlessLost(table, of, type, name), column, to))} end,
    ${typeOf(to).ownName(to, 'was.atttypmod')});`;
}

/** For format(), which puts the type in. */
const TYPE_HERE = '%1$s';

function escaped(
  write: (column: Identifier, to: NewType, type: string) => string,
  column: Identifier,
  to: NewType,
): string {
  return write(column, to, TYPE_HERE);
}
