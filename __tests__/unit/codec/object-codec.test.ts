// A check finds what no single property shows. It changes nothing; what it makes of a property takes its place.
import { isRight } from 'fp-ts/lib/Either';
import { number, text } from '../../../lib/codec/codecs';
import { closedObject, type Found } from '../../../lib/codec/object-codec';
import { FieldSpec } from '../../../lib';

function decoded(check: (right: object, given: object) => Found): unknown {
  const codec = closedObject('Sample', { a: number }, { b: text }, (right, given) =>
    check(Object.freeze(right), Object.freeze(given)),
  );
  const result = codec.decode({ b: 'x', a: 1 });
  return isRight(result) ? result.right : result.left.map(({ message }) => message);
}

it('gives what a check keeps instead of a property, in its place', () => {
  expect(Object.entries(decoded(() => ({ instead: { a: 2 } })) as object)).toEqual([
    ['a', 2],
    ['b', 'x'],
  ]);
  expect(Object.keys(decoded(() => ({ instead: { b: undefined } })) as object)).toEqual(['a']);
});

it('gives the faults of a check, and without any the object', () => {
  expect(decoded(() => [{ path: 'a', message: 'is odd' }])).toEqual(['is odd']);
  expect(decoded(() => [])).toEqual({ a: 1, b: 'x' });
});

it('a default of null leaves no key', () => {
  const field = FieldSpec.decode({ name: 'a', type: 'Text', default: null });
  expect(isRight(field) && Object.keys(field.right)).toEqual(['name', 'type']);
});
