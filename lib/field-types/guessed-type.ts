import { typeNames, typeOf, type FieldTypeName } from '.';
import type { Json } from './field-type';

/** The type that takes whatever no other one guesses. */
const REST: FieldTypeName = 'Json';

/** The type of a value whose type is not known: that of a default for a column of which only the server knows more. */
export function guessedType(value: unknown): FieldTypeName {
  return typeNames.find((type) => typeOf({ type }).guesses(value)) ?? REST;
}

/** Whether a default is an expression: a call of a function, or bytes in base64. */
export function isExpression(kept: Json): boolean {
  return typeof kept === 'object' && guessedType(kept) !== REST;
}

/** The types that take a default, whatever their options. A scalar is written as itself, not as JSON. */
export function typesTaking(kept: Json): readonly FieldTypeName[] {
  const isRest = typeof kept === 'object' && !isExpression(kept);
  return typeNames.filter(
    (type) =>
      (type === REST) === isRest && 'kept' in typeOf({ type }).readDefault(kept, { name: '', keepsOptions: true }),
  );
}
