import { isRight } from 'fp-ts/lib/Either';
import * as t from 'io-ts';
import { boundedCopy } from './bounded-copy';
import { BOUNDS } from './bounds';
import { NAME_CODEC, OneValue } from './codecs';
import type { Fault } from '../errors';
import { keyHint } from './hints';
import { isRecord } from './plain-object';
import { shownBeginning } from '../errors/shown';

/** The value of a closed codec: a property of `O` can be left out, or be undefined. */
export type Closed<R extends t.Props, O extends t.Props> = { readonly [K in keyof R]: t.TypeOf<R[K]> } & {
  readonly [K in keyof O]?: t.TypeOf<O[K]> | undefined;
};

/** What a caller writes: the same, with plain strings for names. */
export type ClosedSpec<R extends t.Props, O extends t.Props> = { readonly [K in keyof R]: t.OutputOf<R[K]> } & {
  readonly [K in keyof O]?: t.OutputOf<O[K]> | undefined;
};

export type ClosedCodec<R extends t.Props, O extends t.Props> = t.Type<Closed<R, O>, ClosedSpec<R, O>, unknown>;

/** Faults, or properties in place of valid ones, e.g. a default in its normalised form; undefined for none. */
export type Found = readonly Fault[] | { readonly instead: Readonly<Record<string, unknown>> };

/**
 * A codec for an object with the required keys, possibly the optional ones, and no others. It returns a copy
 * of the own properties, so later changes to the caller's object have no effect.
 *
 * @param check finds faults that no single property shows. It receives the valid properties, so every fault of a
 *   spec is reported at once, and everything that was passed. It changes neither; see {@link Found}.
 */
export function closedObject<R extends t.Props, O extends t.Props>(
  name: string,
  required: R,
  optional: O,
  check: (right: Partial<Closed<R, O>>, given: Readonly<Record<string, unknown>>) => Found = () => [],
): ClosedCodec<R, O> {
  const known: t.Props = { ...required, ...optional };
  const codecs = Object.entries(known);
  const needed = new Set(Object.keys(required));
  const validate = (value: unknown, context: t.Context): t.Validation<Closed<R, O>> => {
    if (!isRecord(value)) return t.failure(value, context, `must be an object${otherThanObject(value)}`);
    // Own properties only, each read once: a getter or a prototype could return something else the next time.
    const own = { ...value };
    const errors: t.Errors = [];
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(own)) {
      if (Object.hasOwn(known, key)) continue;
      if (errors.length > BOUNDS.faults) break;
      errors.push(failed(context, key, `unknown key${keyHint(key, known)}`));
    }
    for (const [key, codec] of codecs) {
      const isThere = Object.hasOwn(own, key);
      const given = isThere ? own[key] : undefined;
      if (isUnset(given, codec)) {
        if (isThere) Reflect.deleteProperty(own, key);
        if (needed.has(key)) errors.push(failed(context, key, 'is missing'));
        continue;
      }
      // The usual case. It needs no io-ts context, which costs more than the check.
      if (codec instanceof OneValue && codec.fault(given) === undefined) {
        copy[key] = given;
        continue;
      }
      const result = codec.validate(given, t.appendContext(context, key, codec, given));
      if (isRight(result)) copy[key] = result.right;
      else addErrors(errors, result.left);
    }
    const found = check(copy as Partial<Closed<R, O>>, own);
    const faults = 'instead' in found ? [] : found;
    for (const fault of faults) errors.push(failed(context, fault.path, fault.message));
    if (errors.length > 0) return t.failures(errors);
    if (!('instead' in found)) return t.success(copy as Closed<R, O>);
    const kept: Record<string, unknown> = { ...copy, ...found.instead };
    for (const key of Object.keys(found.instead)) if (kept[key] === undefined) Reflect.deleteProperty(kept, key);
    return t.success(kept as Closed<R, O>);
  };
  return new t.Type<Closed<R, O>, ClosedSpec<R, O>, unknown>(
    name,
    (value): value is Closed<R, O> => isRight(validate(value, [])),
    validate,
    (checked) => checked,
  );
}

/** A codec that first copies its value within the limits of a spec: for values that are not part of a change. */
export function bounded<A, O>(codec: t.Type<A, O, unknown>): t.Type<A, O, unknown> {
  const validate = (value: unknown, context: t.Context): t.Validation<A> => {
    const copied = boundedCopy(value);
    if ('fault' in copied) return t.failures([failed(context, copied.fault.path, copied.fault.message)]);
    return codec.validate(copied.copy, context);
  };
  return new t.Type<A, O, unknown>(
    codec.name,
    (value): value is A => isRight(validate(value, [])),
    validate,
    codec.encode,
  );
}

/** Metadata rows and forms have null for what is unset. Where null has a meaning, its codec accepts it. */
function isUnset(given: unknown, codec: t.Mixed): boolean {
  return given === undefined || (given === null && !codec.is(null));
}

/** One at a time: an endless list cannot be spread into the arguments of a call. */
function addErrors(errors: t.Errors, more: t.Errors): void {
  for (const error of more) errors.push(error);
}

function otherThanObject(value: unknown): string {
  if (typeof value === 'string') return ', not a string';
  return Array.isArray(value) ? ', not a list' : '';
}

function failed(context: t.Context, key: string, message: string): t.ValidationError {
  return { value: undefined, context: [...context, { key, type: t.unknown }], message };
}

/** The failures of a codec as faults: `fields[2].requird`, `unknown key`. */
export function faultsOf(errors: t.Errors): Fault[] {
  // One more than an error lists, to know whether there are more.
  return errors.slice(0, BOUNDS.faults + 1).map(({ context, message }) => {
    const { name = 'something else' } = context.at(-1)?.type ?? {};
    const fault = { path: pathOf(context.map(({ key }) => key)), message: message ?? `must be ${name}` };
    return name === NAME_CODEC ? { ...fault, code: 'INVALID_IDENTIFIER' } : fault;
  });
}

function pathOf(keys: readonly string[]): string {
  return keys.reduce((path, key) => {
    if (/^\d{1,7}$/.test(key)) return `${path}[${key}]`;
    // A key of the caller is escaped and cut off; our own paths are short and have no control characters.
    const part = shownBeginning(key);
    return path === '' || part === '' ? path + part : `${path}.${part}`;
  }, '');
}
