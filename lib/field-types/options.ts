import type * as t from 'io-ts';
import { flag, listOf, number, text } from '../codec/codecs';

/** The keys of a FieldSpec that only some types take, each with its codec. */
const ownOptions = { length: number, precision: number, scale: number, values: listOf(text) };

/** The same, and whether a field holds one value of its type or an array of them. */
export const typeOptions = { ...ownOptions, array: flag };

export type TypeOption = keyof typeof ownOptions;

/** The given options with their values. */
export type TypeOptions = {
  readonly [O in keyof typeof typeOptions]?: t.TypeOf<(typeof typeOptions)[O]> | undefined;
};

export const TYPE_OPTIONS = Object.keys(ownOptions) as readonly TypeOption[];

/** The options among the properties of a field, or of the changes to one. */
export function optionsOf(given: TypeOptions): TypeOptions {
  const options: Record<string, unknown> = {};
  for (const option of TYPE_OPTIONS) if (given[option] !== undefined) options[option] = given[option];
  // What goes without saying is not said.
  return isArray(given) ? { ...options, array: true } : options;
}

/** Whether a field holds an array of values. */
export function isArray(given: TypeOptions): boolean {
  return given.array === true;
}

/** Everything except the options. */
export function withoutOptions<T extends TypeOptions>(given: T): Omit<T, keyof TypeOptions> {
  return Object.fromEntries(Object.entries(given).filter(([key]) => !Object.hasOwn(typeOptions, key))) as Omit<
    T,
    keyof TypeOptions
  >;
}
