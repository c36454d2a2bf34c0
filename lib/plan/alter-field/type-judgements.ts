import type { Alteration } from './alteration';
import { refuse } from './refuse';
import { typeOf } from '../../field-types';
import { isArray } from '../../field-types/options';
import { isColumnOf, type TypeSpec } from '../../field-types/type-change';
import { shownHeldByCheck } from '../../field-types/type-options';
import { judgedTypeOf } from '../../spec/field-changes';
import type { Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { CONTAINS, IS_CONTAINED, isArrayType, NE } from '../../sql/qualified-sql';

const OWN_TYPE = 'pg_catalog.format_type(was.atttypid, was.atttypmod)';

/**
 * Statements of a block: check that the column has the type that the change assumes. `was` is its pg_attribute, `lists`
 * names the checks that limit it to a list of values, `allowed` are these values, and `new_type` is its new type.
 */
export function typeJudgements(change: Alteration): string[] {
  const { column, set, from } = change;
  if (from !== undefined) return fromJudgements(column, from);
  const named = judgedTypeOf(change);
  if (named === undefined) return [];
  if (set.type !== undefined) return [arrayJudgement(column, isArray(named))];
  const type = typeOf(named);
  const isType = `${isColumnOf([named])}${type.isHeldByCheck ? ' and lists is not null' : ''}`;
  const reason = `pg_catalog.concat(${literal(`"${column}" is `)}, ${OWN_TYPE}, ${literal(`, which takes no ${type.options.join(' or ')}. If you want to change the type, name it too: { type: '${named.type}', … }`)})`;
  return [
    refuse('spec', `not (${isType})`, reason),
    ...type
      .ownOptionFaults(named, 'was.atttypmod', 'new_type')
      .map(({ when, message }) => refuse('spec', when, literal(message))),
  ];
}

/** Which elements are lost, and which become one, is for the caller to know. */
function arrayJudgement(column: Identifier, toArray: boolean): string {
  const reason = `pg_catalog.concat(${literal(`"${column}" is `)}, ${OWN_TYPE}, ${literal(
    toArray
      ? '. To make arrays of its values, pass its type as well: from'
      : ". To make one value of an array, pass its type as well: { from: { type: '…', array: true } }",
  )})`;
  return refuse('spec', toArray ? `not (${IS_ARRAY})` : IS_ARRAY, reason);
}

const IS_ARRAY = isArrayType('was.atttypid');

function fromJudgements(column: Identifier, from: TypeSpec): string[] {
  const type = typeOf(from);
  const values = type.checkedValues({ ...from, name: '' });
  const name = type.catalogName({ ...from, name: '' });
  const contradicts = type.isHeldByCheck ? `not (${isColumnOf([from])})` : `${OWN_TYPE} ${NE} ${literal(name)}`;
  const told = `pg_catalog.concat(${literal(`"${column}" is `)}, ${OWN_TYPE}, ${literal(`, and from says ${from.type} (${name}). Compare the metadata with the table`)})`;
  const judgements = [refuse('spec', contradicts, told)];
  if (values !== undefined) {
    const list = `array[${values.map(literal).join(', ')}]::pg_catalog.text[]`;
    const others = `lists is null or not (allowed ${CONTAINS} ${list} and allowed ${IS_CONTAINED} ${list})`;
    const reason = `pg_catalog.concat(${literal(`"${column}" is not limited to the values that from names (`)}, coalesce(lists, 'no check'), ${literal('). Compare the metadata with the table')})`;
    judgements.push(refuse('spec', others, reason));
  } else if (!type.isHeldByCheck) {
    const reason = `pg_catalog.concat(${literal(`"${column}" is limited to a list of values by `)}, lists, ${literal(`, but from says ${from.type}. Pass { from: ${shownHeldByCheck()} }, or drop the check first`)})`;
    judgements.push(refuse('spec', 'lists is not null', reason));
  }
  return judgements;
}
