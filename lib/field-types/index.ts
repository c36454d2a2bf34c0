import { arrayOf } from './array-of';
import { bigIntType } from './big-int';
import { booleanType } from './boolean';
import { bytesType } from './bytes';
import { dateType } from './date';
import { dateTimeType } from './date-time';
import { decimalType } from './decimal';
import { enumType } from './enum';
import type { FieldType, NumberLimits } from './field-type';
import { floatType } from './float';
import { intType } from './int';
import { jsonType } from './json';
import { smallIntType } from './small-int';
import { stringType } from './string';
import { textType } from './text';
import { timeType } from './time';
import { uuidType } from './uuid';

/** Every field type, by its name in a FieldSpec. A new one needs its file and a line here. */
export const fieldTypes = {
  String: stringType,
  Text: textType,
  SmallInt: smallIntType,
  Int: intType,
  BigInt: bigIntType,
  Float: floatType,
  Decimal: decimalType,
  Boolean: booleanType,
  DateTime: dateTimeType,
  Date: dateType,
  Time: timeType,
  Json: jsonType,
  Uuid: uuidType,
  Bytes: bytesType,
  Enum: enumType,
} as const satisfies Record<string, FieldType>;

/** The type of a field, such as `String`. */
export type FieldTypeName = keyof typeof fieldTypes;

/** The types that have arrays: a Json is a list by itself. */
export type ArrayTypeName = Exclude<FieldTypeName, 'Json'>;

export const typeNames = Object.keys(fieldTypes) as readonly FieldTypeName[];

/** The limits of numbers in a column of some type. */
export function numberLimits(columnSql: string): NumberLimits | undefined {
  return typeNames.map((type) => typeOf({ type }).numberLimits(columnSql)).find((limits) => limits !== undefined);
}

/** The registry's entry for the type of a field; for an array, that of arrays of the type. */
export function typeOf(field: { readonly type: FieldTypeName; readonly array?: boolean | undefined }): FieldType {
  const ofOne: FieldType = fieldTypes[field.type];
  return field.array === true ? arrayOf(ofOne) : ofOne;
}
