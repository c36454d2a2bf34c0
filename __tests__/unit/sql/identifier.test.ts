import * as fc from '../../support/fast-check';
import { MigrationError } from '../../../lib/errors';
import {
  columnList,
  derivedName,
  identifier,
  identifierFault,
  qualified,
  quoted,
  type DerivedKind,
  type Identifier,
  type IdentifierUse,
} from '../../../lib/sql/identifier';

const USES: readonly IdentifierUse[] = ['org', 'schema', 'table', 'column', 'constraint'];
const name = (text: string): Identifier => identifier(text, 'table');

describe('a name', () => {
  it.each([
    ['a single letter', 'a'],
    ['a hyphen', 'acme-corp'],
    ['a digit at its beginning', '2024'],
    ['an underscore at its beginning', '_private'],
    ['a dollar sign after the beginning', 'price$'],
    ['capitals, which stay', 'InvoiceLine'],
    ['a reserved word', 'select'],
    ['the name of another use', 'order-'],
    ['Cyrillic', 'счёт'],
    ['Japanese', '請求書'],
    ['Arabic digits', '٤٢'],
    ['a composed accent', 'facturé'],
    ['vowel signs of Hindi', 'हिन्दी'],
    ['letters outside the basic plane', '𠮷野'],
    ['63 bytes of ASCII', 'x'.repeat(63)],
    ['63 bytes in a three-byte script', '請'.repeat(21)],
  ])('may have %s: %j', (_what, text) => {
    for (const use of USES) expect(identifier(text, use)).toBe(text);
  });

  const SHAPE = 'must be letters, digits, "_", "-" and "$", and begin with a letter, a digit or "_"';
  it.each([
    ['empty', '', 'must not be empty'],
    ['a dot, at which knex splits', 'a.b', SHAPE],
    ['an alias, which knex reads', 'a as b', SHAPE],
    ['a star, which knex leaves bare', '*', SHAPE],
    ['brackets, which knex cuts', 'a[1]z', SHAPE],
    ['spaces around it, which knex trims', ' pad ', SHAPE],
    ['a question mark, which knex numbers', 'a?b', SHAPE],
    ['a double quote', 'a"b', SHAPE],
    ['a single quote', "it's", SHAPE],
    ['a backslash', 'a\\b', SHAPE],
    ['a semicolon', 'a;b', SHAPE],
    ['a line break', 'a\nb', SHAPE],
    ['a line break at its end', 'a\n', SHAPE],
    ['a NUL', 'a\0', SHAPE],
    ['a hyphen at its beginning', '-a', SHAPE],
    ['a dollar sign at its beginning', '$a', SHAPE],
    ['a vowel sign at its beginning', 'ि', SHAPE],
    ['a vowel sign on a digit', '1ि', SHAPE],
    ['an emoji', 'a🧾', SHAPE],
    ['half a surrogate pair', 'a\ud800', SHAPE],
    ['a character without width', 'a\u200bb', SHAPE],
    ['a joiner, which shows as nothing', 'क्\u200d', SHAPE],
    ['a Hangul filler, which shows as nothing', 'a\u3164', SHAPE],
    ['a variation selector, which shows as nothing', 'a\ufe0f', SHAPE],
    ['a fraction, which is no digit', '½', SHAPE],
    ['64 bytes of ASCII', 'x'.repeat(64), 'is 64 bytes in UTF-8, PostgreSQL allows 63'],
    ['64 bytes in a three-byte script', `${'請'.repeat(21)}x`, 'is 64 bytes in UTF-8, PostgreSQL allows 63'],
    ['22 characters of three bytes', '請'.repeat(22), 'is 66 bytes in UTF-8, PostgreSQL allows 63'],
    ['an accent of its own', 'facture\u0301', 'must be in Unicode normalization form NFC'],
    ['a singleton that NFC replaces', '\u212b', 'must be in Unicode normalization form NFC'],
  ])('is refused with %s: %j', (_what, text, fault) => {
    for (const use of USES) expect(identifierFault(text, use)).toBe(fault);
  });

  it.each([undefined, null, 1, true, {}, ['a'], Symbol('a'), new String('a')])('is refused where it is %p', (given) => {
    for (const use of USES) expect(identifierFault(given, use)).toBe('must be a string');
  });

  it.each(['ctid', 'xmin', 'cmin', 'xmax', 'cmax', 'tableoid'])(
    '%s is no column, and may be any other name',
    (text) => {
      expect(identifierFault(text, 'column')).toBe('is a system column of PostgreSQL');
      for (const use of USES.filter((other) => other !== 'column')) expect(identifierFault(text, use)).toBeUndefined();
    },
  );

  it.each(['information_schema', 'pg_', 'pg_catalog', 'pg_toast', 'pg_mine'])('%s is no org and no schema', (text) => {
    expect(identifierFault(text, 'org')).toBe('is a schema of PostgreSQL, not an org');
    expect(identifierFault(text, 'schema')).toBe('is a schema of PostgreSQL itself');
    expect(identifierFault(text, 'column')).toBeUndefined();
  });

  // `select … from pg_class` is the server's, whatever stands first in the search_path.
  it.each(['pg_', 'pg_class'])('%s is no table', (text) => {
    expect(identifierFault(text, 'table')).toBe('begins with "pg_", as the catalogs of PostgreSQL do');
    for (const use of ['column', 'constraint'] as const) expect(identifierFault(text, use)).toBeUndefined();
  });

  it('public is no org, and may be referred to', () => {
    expect(identifierFault('public', 'org')).toBe('is a schema of PostgreSQL, not an org');
    expect(identifierFault('public', 'schema')).toBeUndefined();
  });

  it.each(['Public', 'PG_CATALOG', 'pgx', 'public2'])('%s is an org: names are exact', (text) => {
    expect(identifierFault(text, 'org')).toBeUndefined();
  });

  it('is refused with INVALID_IDENTIFIER, and a message that shows it', () => {
    const refusal = (): unknown => identifier('a b', 'table');
    expect(refusal).toThrow(MigrationError);
    expect(refusal).toThrow(
      expect.objectContaining({
        code: 'INVALID_IDENTIFIER',
        org: '',
        retryScope: 'none',
        message: `The table "a b" ${SHAPE}.`,
      }),
    );
    expect(() => identifier('a b', 'org')).toThrow(expect.objectContaining({ org: 'a b' }));
    expect(() => identifier(undefined, 'org')).toThrow(
      expect.objectContaining({ org: '', message: 'The org, the first argument, must be a string, but is undefined.' }),
    );
  });

  it('comes through unchanged, or not at all, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.anything()), (given) => {
        if (identifierFault(given, 'table') !== undefined) return;
        expect(typeof given).toBe('string');
        expect(given).toMatch(/^[^\s"'?.*\\;()]+$/u);
        expect(Buffer.byteLength(given as string)).toBeLessThanOrEqual(63);
        expect(quoted(identifier(given, 'table'))).toBe(`"${given as string}"`);
      }),
    );
  });
});

describe('names in SQL', () => {
  it('are quoted as they are', () => {
    expect(quoted(name('Acme-corp'))).toBe('"Acme-corp"');
    expect(qualified(name('acme-corp'), name('invoice'))).toBe('"acme-corp"."invoice"');
    expect(columnList([name('a'), name('b')])).toBe('"a", "b"');
  });
});

describe('a derived name', () => {
  // Of schemas that are out there: another name for the same key would be another key.
  it.each<[DerivedKind, string, string[], string]>([
    ['pkey', 'invoice', [], 'invoice_pkey_66ebf28520ac'],
    ['key', 'invoice', ['n'], 'invoice_n_key_899faa4c7149'],
    ['idx', 'invoice', ['name', 'n'], 'invoice_name_n_idx_094a901a00fb'],
    ['fkey', 'invoice', ['parent'], 'invoice_parent_fkey_7fea54f1ecc9'],
    ['check', 'invoice', ['status'], 'invoice_status_check_5f58a102c87f'],
    ['key', 'a_b', ['c'], 'a_b_c_key_4cdef879fbe8'],
    ['key', 'a', ['b_c'], 'a_b_c_key_0cd698bda477'],
    ['idx', '請'.repeat(21), ['い'], `${'請'.repeat(15)}_idx_ff51acd34bf2`],
    ['fkey', 'x'.repeat(63), ['y'.repeat(63)], `${'x'.repeat(45)}_fkey_a4ffa5d2d40a`],
  ])('%s of %s (%j) is %s', (kind, table, columns, expected) => {
    expect(derivedName(kind, name(table), columns.map(name))).toBe(expected);
    expect(Buffer.byteLength(expected)).toBeLessThanOrEqual(63);
  });

  it('differs where the names differ only past byte 63 of what they would read', () => {
    const table = name('t'.repeat(40));
    const [a, b] = ['a', 'b'].map((end) => derivedName('key', table, [name(`${'c'.repeat(40)}${end}`)]));
    expect(a).not.toBe(b);
    expect(a?.slice(0, 40)).toBe(b?.slice(0, 40));
  });

  it('is never cut inside a character', () => {
    for (const letter of ['é', '請', '𠮷']) {
      for (let length = 1; length <= 15; length += 1) {
        const derived = derivedName('check', name(`a${letter.repeat(length)}`), [name(letter.repeat(15))]);
        expect(derived).toMatch(/^a(?:é|請|𠮷|_)+_check_[0-9a-f]{12}$/u);
        expect(Buffer.byteLength(derived)).toBeLessThanOrEqual(63);
      }
    }
  });

  it('is a name itself, the same every time, and another one for other parts', () => {
    const names = fc
      .string({ unit: fc.constantFrom('a', 'b', '_', '-', '$', '1', 'é', '請'), minLength: 1, maxLength: 30 })
      .filter((text) => identifierFault(text, 'column') === undefined)
      .map((text) => text as Identifier);
    const kinds = fc.constantFrom<DerivedKind>('pkey', 'key', 'idx', 'fkey', 'check');
    const parts = fc.tuple(kinds, names, fc.array(names, { maxLength: 4 }));
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const derived = derivedName(...one);
        expect(identifierFault(derived, 'constraint')).toBeUndefined();
        expect(derivedName(...one)).toBe(derived);
        if (JSON.stringify(one) !== JSON.stringify(other)) expect(derivedName(...other)).not.toBe(derived);
      }),
      { numRuns: 500 },
    );
  });

  it('differs for every way to cut one text into a table and columns', () => {
    const text = 'a_b_c_d_e';
    const ways = new Set<string>();
    const words = text.split('_');
    let count = 0;
    // Each bit says whether an underscore parts two names or stands in one.
    for (let bits = 1; bits < 2 ** (words.length - 1); bits += 1) {
      const parts: string[] = [words[0] ?? ''];
      words.slice(1).forEach((word, index) => {
        if ((bits >> index) & 1) parts.push(word);
        else parts[parts.length - 1] += `_${word}`;
      });
      const [table = '', ...columns] = parts;
      ways.add(derivedName('key', name(table), columns.map(name)));
      count += 1;
    }
    expect(ways.size).toBe(count);
    expect(count).toBe(15);
  });
});
