import * as fc from '../../support/fast-check';
import { MigrationError } from '../../../lib/errors';
import { decimalDigits, dollarQuoted, literal, textFault } from '../../../lib/sql/literal';
import { tokensOf } from '../../support/sql-tokens';

describe('a text in SQL', () => {
  it.each([
    ['nothing', '', "''"],
    ['a quote', "it's", "'it''s'"],
    ['only quotes', "''", "''''''"],
    ['a question mark, which knex would number', 'why?', "'why?'"],
    ['two question marks', '??', "'??'"],
    ['a backslash', 'a\\b', "E'a\\\\b'"],
    ['a backslash before a quote', "\\'", "E'\\\\'''"],
    ['a backslash before a question mark', 'a\\?', "E'a\\\\\\x3f'"],
    ['a dollar quote', '$$ $a$', "'$$ $a$'"],
    ['a line break', 'a\nb', "'a\nb'"],
    ['a comment', '-- /* */;', "'-- /* */;'"],
    ['other scripts', 'zażółć 請求 🧾', "'zażółć 請求 🧾'"],
  ])('may hold %s', (_what, text, sql) => {
    expect(literal(text)).toBe(sql);
  });

  it('is refused with a NUL or half a surrogate pair, and is not in the message', () => {
    const nul = 'contains the character NUL, which PostgreSQL cannot store';
    const half = 'contains an unpaired surrogate, which is not a character';
    expect(textFault('secret\0')).toBe(nul);
    for (const text of ['secret\ud800', '\udc00secret', 'secret\ud83e']) {
      expect(textFault(text)).toBe(half);
      expect(() => literal(text)).toThrow(MigrationError);
      expect(() => literal(text)).toThrow(
        expect.objectContaining({ code: 'INVALID_SPEC', message: `A value ${half}.` }),
      );
    }
    expect(() => literal('secret\0')).toThrow(`A value ${nul}.`);
    expect(textFault('🧾')).toBeUndefined();
  });

  it('reads back as what it was', () => {
    const tricky = fc.string({ unit: fc.constantFrom("'", '\\', '?', '$', '"', 'E', 'x3f', '\n', ';', '🧾', 'a') });
    fc.assert(
      fc.property(fc.oneof(tricky, fc.string({ unit: 'grapheme' })), (text) => {
        fc.pre(textFault(text) === undefined);
        const sql = literal(text);
        expect(tokensOf(sql)).toEqual([{ kind: 'constant', value: text }]);
        // knex reads a question mark behind a backslash as its own.
        expect(sql).not.toMatch(/\\\?/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a number in SQL', () => {
  it.each([
    [0, '0'],
    [-0, "'-0'::double precision"],
    [1, '1'],
    [-1.5, '-1.5'],
    [0.1, '0.1'],
    [1e21, '1000000000000000000000'],
    [-1.5e21, '-1500000000000000000000'],
    [1.5e-7, '0.00000015'],
    [-1e-7, '-0.0000001'],
    [1.7976931348623157e308, `17976931348623157${'0'.repeat(292)}`],
    [5e-324, `0.${'0'.repeat(323)}5`],
    [9007199254740993n, '9007199254740993'],
    [-(2n ** 63n), '-9223372036854775808'],
  ])('%p is %s', (value, sql) => {
    expect(literal(value)).toBe(sql);
  });

  it.each([NaN, Infinity, -Infinity])('%p is refused', (value) => {
    expect(() => literal(value)).toThrow(MigrationError);
    expect(() => literal(value)).toThrow(
      expect.objectContaining({ code: 'INVALID_SPEC', message: 'A number must be finite.' }),
    );
  });

  it('is the same number, to the last bit, and has no exponent', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const digits = decimalDigits(value);
        expect(digits).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Number(digits)).toBe(Object.is(value, -0) ? 0 : value);
      }),
      { numRuns: 500 },
    );
  });
});

it.each([[['0; drop schema globex']], [{ toString: () => '0' }], [null], [undefined], [() => '0']])(
  'writes nothing of what is no constant: %p',
  (value) => {
    expect(() => literal(value as never)).toThrow(/^A value of type \w+ cannot be written into SQL\.$/);
  },
);

it('writes a boolean as it reads', () => {
  expect([literal(true), literal(false)]).toEqual(['true', 'false']);
});

describe('a block of code', () => {
  it('stands between tags that it does not contain', () => {
    expect(dollarQuoted('begin end')).toBe('$tenant_ddl$begin end$tenant_ddl$');
    expect(dollarQuoted("'a$tenant_ddl$b' end")).toBe("$tenant_ddl_1$'a$tenant_ddl$b' end$tenant_ddl_1$");
    expect(dollarQuoted("'$tenant_ddl$ $tenant_ddl_1$' end")).toMatch(/^\$tenant_ddl_2\$.* end\$tenant_ddl_2\$$/);
  });
});
