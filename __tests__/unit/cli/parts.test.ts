import { Readable } from 'node:stream';
import { EXIT, worstOf } from '../../../lib/cli/exit-codes';
import { readJson } from '../../../lib/cli/files/json-file';
import { withoutPasswords } from '../../../lib/cli/without-passwords';
import { aligned, listed, quoted, shown, widthIn, wrapped, wrappedSql } from '../../../lib/cli/text';

it('an error counts for more than failed tenants, those more than differences', () => {
  const { done, error, differences, failedTenants, interrupted } = EXIT;
  expect(worstOf([])).toBe(done);
  expect(worstOf([done, differences])).toBe(differences);
  expect(worstOf([differences, failedTenants, done])).toBe(failedTenants);
  expect(worstOf([failedTenants, error, differences])).toBe(error);
  expect(worstOf([error, interrupted])).toBe(interrupted);
});

describe('withoutPasswords', () => {
  it.each([
    [
      'at postgres://me:secret@host/db, twice postgresql://a:b:c@h',
      'at postgres://me:***@host/db, twice postgresql://a:***@h',
    ],
    [
      'no password in postgres://me@host/db or https://host:80/',
      'no password in postgres://me@host/db or https://host:80/',
    ],
    ['the word tops3cret and p@ss', 'the word *** and ***'],
  ])('%s', (text, shown) => {
    expect(withoutPasswords(text, { PGPASSWORD: 'tops3cret', DATABASE_URL: 'postgres://me:p%40ss@h/db' })).toBe(shown);
  });

  it('minds no address that is none', () => {
    expect(withoutPasswords('a text', { DATABASE_URL: 'not an address' })).toBe('a text');
  });
});

describe('readJson', () => {
  const read = (text: string) => readJson('-', { cwd: '.', stdin: Readable.from([Buffer.from(text)]) });

  it('knows the line of everything, or of what is around it', async () => {
    const { value, lineOf } = await read('[\n 1,\n {\n  "a": [\n   true,\n   {"b": null}\n  ]\n }\n]');
    expect(value).toEqual([1, { a: [true, { b: null }] }]);
    const paths = [[], [0], [1], [1, 'a'], [1, 'a', 0], [1, 'a', 1, 'b'], [1, 'a', 1, 'missing'], [1, 'none'], [7]];
    expect(paths.map(lineOf)).toEqual([1, 2, 3, 4, 5, 6, 6, 3, 1]);
  });

  it.each([
    ['{"a": 1,}', '-:1:9: '],
    ['[\n  1\n  2\n]', '-:3:3: this is not JSON: comma expected.'],
    ['[1] // note', '-:1:5: this is not JSON: invalid comment token.'],
    ['', '-:1:1: this is not JSON: value expected.'],
    ["{'a': 'value'}", '-:1:2: this is not JSON: invalid symbol.'],
  ])('says where %j is no JSON, and nothing of what it says', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.not.toThrow("value'");
  });
});

it('wraps whole words, and leaves one alone that is longer than a line', () => {
  expect(wrapped('one two three', 7)).toBe('one two\nthree');
  expect(wrapped('a much-too-long-word b', 6, '  ')).toBe('a\n  much-too-long-word\n  b');
  expect(wrapped('', 5)).toBe('');
  expect(wrapped('  one two three', 8, '..')).toBe('  one\n  ..two\n  ..three');
});

it('wraps SQL between its words, and not within a value or a name', () => {
  expect(wrappedSql(`set default 'a  b c', "d e" text`, 12)).toBe(`set default\n'a  b c',\n"d e" text`);
  expect(wrappedSql(`it's  odd`, 4)).toBe(`it's\n odd`);
});

it('shows what a terminal would obey', () => {
  expect(shown('a\u001b[2J\u202e\tb\nc')).toBe('a\\u{1b}[2J\\u{202e}\\u{9}b\nc');
});

it('knows how wide a text is on a terminal', () => {
  expect(['abc', '請求書', 'é', 'e\u0301', 'だ', 'か\u3099', ''].map(widthIn)).toEqual([3, 6, 1, 1, 2, 2, 0]);
});

it('quotes a word of a command where a shell would not read it as one', () => {
  expect(['r-1', 'my file.json', "it's", ''].map(quoted)).toEqual(['r-1', "'my file.json'", "'it'\\''s'", "''"]);
});

it('aligns columns', () => {
  expect(
    aligned(
      [
        ['a', 'b', ''],
        ['long', 'c'],
      ],
      '> ',
    ),
  ).toBe('> a     b\n> long  c');
  expect(aligned([])).toBe('');
  const rows = [
    ['a', 'b', 'c'],
    ['請求', 'd', 'e'],
    ['a_long_name', 'Decimal(12, 3)', 'not null'],
  ];
  expect(aligned(rows, ' ', 18)).toBe(
    ' a     b  c\n 請求  d  e\n a_long_name\n     Decimal(12,\n     3)\n     not null',
  );
  expect(aligned(rows, ' ', 30)).toBe(' a     b  c\n 請求  d  e\n a_long_name\n     Decimal(12, 3)  not null');
});

it('lists the first of many', () => {
  expect(listed(['a', 'b'])).toBe('a, b');
  expect(listed(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
});
