import { itemsIn } from '../../../lib/field-types/array-literal';

it.each([
  ['{}', []],
  ['{a}', ['a']],
  ['{a,"b c",NULL,"NULL"}', ['a', 'b c', null, 'NULL']],
  [String.raw`{"\"","\\","{a,b}",""}`, ['"', '\\', '{a,b}', '']],
  ['{"line\nbreak",請求 🧾}', ['line\nbreak', '請求 🧾']],
])('reads %s', (text, items) => {
  expect(itemsIn(text)).toEqual(items);
});

it.each(['', 'a', '{', '{a', '{a,}', '{,a}', '{{a},{b}}', '[2:2]={a}', '{"a}', '{"a"b}', '{a}{b}', '{a}}'])(
  'does not read %s',
  (text) => {
    expect(itemsIn(text)).toBeUndefined();
  },
);
