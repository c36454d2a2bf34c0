// The codecs themselves, for a service that checks a spec before it stores it.
import { isRight } from 'fp-ts/lib/Either';
import { FieldSpec, ModelSpec } from '../../../lib';

const FIELD = { name: 'seen_at', type: 'DateTime', default: new Date('2024-02-29T00:00:00Z') } as const;
const STORED = { name: 'seen_at', type: 'DateTime', default: '2024-02-29T00:00:00.000Z' };
const MODEL = { table: 'invoice', fields: [FIELD], comment: 'c', indexes: [{ columns: ['seen_at'] }] };

describe('FieldSpec', () => {
  it('gives the field with its default as JSON', () => {
    expect(FieldSpec.decode(FIELD)).toEqual({ _tag: 'Right', right: STORED });
  });

  it('knows a field, and what is none', () => {
    expect(FieldSpec.is(FIELD)).toBe(true);
    for (const other of [null, {}, { ...FIELD, default: 'today' }, { ...FIELD, more: 1 }, [FIELD]]) {
      expect(FieldSpec.is(other)).toBe(false);
    }
  });

  it('writes what it has read, which reads as the same', () => {
    const decoded = FieldSpec.decode(FIELD);
    if (!isRight(decoded)) throw new Error('It was refused.');
    expect(FieldSpec.encode(decoded.right)).toEqual(STORED);
    expect(FieldSpec.decode(FieldSpec.encode(decoded.right))).toEqual(decoded);
  });

  it('refuses a default that is not the same each time it is looked at', () => {
    let looks = 0;
    const shifty = {
      name: 'a',
      type: 'DateTime',
      default: {
        get fn(): string {
          return looks++ < 3 ? 'now' : 'later';
        },
      },
    };
    let decoded: unknown;
    try {
      decoded = FieldSpec.decode(shifty);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      return;
    }
    expect(decoded).toEqual({ _tag: 'Right', right: { name: 'a', type: 'DateTime', default: { fn: 'now' } } });
  });
});

describe('ModelSpec', () => {
  it('gives a copy, with the defaults as JSON', () => {
    const decoded = ModelSpec.decode(MODEL);
    expect(decoded).toEqual({ _tag: 'Right', right: { ...MODEL, fields: [STORED] } });
    expect(isRight(decoded) && decoded.right.fields).not.toBe(MODEL.fields);
  });

  it('knows a model, and what is none', () => {
    expect(ModelSpec.is(MODEL)).toBe(true);
    for (const other of [MODEL.fields, { ...MODEL, kind: 'createModel' }, { ...MODEL, fields: [FIELD, FIELD] }]) {
      expect(ModelSpec.is(other)).toBe(false);
    }
  });

  it('writes what it has read, which reads as the same', () => {
    const decoded = ModelSpec.decode(MODEL);
    if (!isRight(decoded)) throw new Error('It was refused.');
    expect(ModelSpec.decode(JSON.parse(JSON.stringify(ModelSpec.encode(decoded.right))))).toEqual(decoded);
  });

  it('gives each fault with its place', () => {
    const decoded = ModelSpec.decode({ table: 'a b', fields: [{ ...FIELD, requird: 1 }] });
    if (isRight(decoded)) throw new Error('It was accepted.');
    expect(decoded.left.map(({ context, message }) => [context.map(({ key }) => key).join('/'), message])).toEqual([
      ['/table', 'must be letters, digits, "_", "-" and "$", and begin with a letter, a digit or "_"'],
      ['/fields/0/requird', 'unknown key; did you mean "nullable: false"?'],
    ]);
  });
});
