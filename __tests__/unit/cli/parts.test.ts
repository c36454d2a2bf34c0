import { Readable } from 'node:stream';
import { EXIT, worstOf } from '../../../lib/cli/exit-codes';
import { readJson } from '../../../lib/cli/files/json-file';
import { withoutPasswords } from '../../../lib/cli/without-passwords';
import { aligned, listed, wrapped } from '../../../lib/cli/text';

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
});

it('lists the first of many', () => {
  expect(listed(['a', 'b'])).toBe('a, b');
  expect(listed(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
});
