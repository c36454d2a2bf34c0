import { typeNames, typeOf, type FieldTypeName } from '.';
import type { Json } from './field-type';

/** The type for values that no other type recognises. */
const REST: FieldTypeName = 'Json';

/** The type of a value of unknown type: a default for a column whose type only the server knows. */
export function guessedType(value: unknown): FieldTypeName {
  return typeNames.find((type) => typeOf({ type }).guesses(value)) ?? REST;
}

/** Whether a default is an expression: a function call, or bytes in base64. */
export function isExpression(kept: Json): boolean {
  return typeof kept === 'object' && guessedType(kept) !== REST;
}

/** The types that accept a default with some options. A scalar is written as itself, not as JSON. */
export function typesTaking(kept: Json): readonly FieldTypeName[] {
  const isRest = typeof kept === 'object' && !isExpression(kept);
  return typeNames.filter(
    (type) =>
      (type === REST) === isRest && 'kept' in typeOf({ type }).readDefault(kept, { name: '', keepsOptions: true }),
  );
}
