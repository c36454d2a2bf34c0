import type * as t from 'io-ts';
import { listOf, number, text } from '../codec/codecs';

/** The keys of a FieldSpec that only some types take, each with its codec. */
export const typeOptions = { length: number, precision: number, scale: number, values: listOf(text) };

export type TypeOption = keyof typeof typeOptions;

/** The given options with their values. */
export type TypeOptions = { readonly [O in TypeOption]?: t.TypeOf<(typeof typeOptions)[O]> | undefined };

export const TYPE_OPTIONS = Object.keys(typeOptions) as readonly TypeOption[];

/** The options among the properties of a field, or of the changes to one. */
export function optionsOf(given: TypeOptions): TypeOptions {
  const options: Record<string, unknown> = {};
  for (const option of TYPE_OPTIONS) if (given[option] !== undefined) options[option] = given[option];
  return options;
}

/** Everything except the options. */
export function withoutOptions<T extends TypeOptions>(given: T): Omit<T, TypeOption> {
  return Object.fromEntries(Object.entries(given).filter(([key]) => !Object.hasOwn(typeOptions, key))) as Omit<
    T,
    TypeOption
  >;
}
