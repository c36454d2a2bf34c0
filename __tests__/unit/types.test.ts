// What the compiler takes and refuses. `npm run typecheck` is what fails here: an error that is expected and does not come.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FieldSpec, planChange, type Change, type IndexSpec, type ModelSpec } from '../../lib';
import { fieldTypes } from '../../lib/field-types';

const takes = (...fields: readonly FieldSpec[]): number => fields.length;

it('a field of each type takes its own options and defaults', () => {
  const fields: readonly FieldSpec[] = [
    { name: 'a', type: 'String', length: 20, default: 'x', nullable: false, unique: true, comment: 'c' },
    { name: 'b', type: 'Text', default: null },
    { name: 'c', type: 'Int', default: 1, primaryKey: false },
    { name: 'd', type: 'BigInt', default: 1n },
    { name: 'e', type: 'Float', default: 0.5 },
    { name: 'f', type: 'Decimal', precision: 12, scale: 2, default: '1.50' },
    { name: 'g', type: 'Boolean', default: true },
    { name: 'h', type: 'DateTime', default: { fn: 'now' } },
    { name: 'i', type: 'Date', default: '2024-02-29' },
    { name: 'j', type: 'Time', default: new Date(0) },
    { name: 'k', type: 'Json', default: { a: [1, null] } },
    { name: 'l', type: 'Uuid', default: { fn: 'uuid' } },
    { name: 'm', type: 'Bytes', default: Buffer.from('x') },
    { name: 'n', type: 'Enum', values: ['x'], default: 'x' },
  ];
  const model: ModelSpec = { table: 't', fields, indexes: [{ columns: ['a', 'b'] }] };
  expect(planChange('acme-corp', { kind: 'createModel', ...model }).changes).toHaveLength(1);
  // Code that reads fields of every type reads every option.
  expect(fields.map(({ length, values }) => length ?? values?.length).filter(Boolean)).toEqual([20, 1]);
});

it('what a field does not take does not compile', () => {
  const fields: readonly FieldSpec[] = [
    // @ts-expect-error -- a string is no whole number
    { name: 'a', type: 'Int', default: 'abc' },
    // @ts-expect-error -- only a String has a length
    { name: 'a', type: 'Int', length: 20 },
    // @ts-expect-error -- an Enum needs its values
    { name: 'a', type: 'Enum' },
    // @ts-expect-error -- only a Decimal has digits
    { name: 'a', type: 'Float', precision: 3 },
    // @ts-expect-error -- no such type
    { name: 'a', type: 'Varchar' },
    // @ts-expect-error -- no such key
    { name: 'a', type: 'Text', required: true },
    // @ts-expect-error -- no such function
    { name: 'a', type: 'Uuid', default: { fn: 'now' } },
    // @ts-expect-error -- a boolean is no text
    { name: 'a', type: 'Text', default: true },
  ];
  expect(fields).toHaveLength(8);
  // @ts-expect-error -- an index is over a list
  const index: IndexSpec = { columns: 'a' };
  // @ts-expect-error -- a change of one kind has no key of another
  const change: Change = { kind: 'dropModel', table: 't', column: 'a' };
  expect([index, change]).toHaveLength(2);
});

it('a spec from JSON is given as it is, and checked at run time', () => {
  const stored = JSON.parse('{ "name": "a", "type": "Int" }') as FieldSpec;
  expect(takes(stored)).toBe(1);
  expect(FieldSpec.is(stored)).toBe(true);
});

it('every property of a spec is documented', () => {
  const lib = join(__dirname, '../../lib');
  const types = readdirSync(join(lib, 'field-types')).map((name) => `field-types/${name}`);
  // What a type takes is beside the type.
  const taken = types.flatMap((path) => textOf(lib, path).match(/^export interface \w+Options \{$.*?^\}$/gms) ?? []);
  expect(taken).toHaveLength(Object.keys(fieldTypes).length);
  const lines = [textOf(lib, 'spec/spec-types.ts'), ...taken].join('\n').split('\n');
  const bare = lines.filter(
    (line, at) => /^ {2}readonly (?!type:|fn:|references: \{)\w+\??:/.test(line) && !/\*\/$/.test(lines[at - 1] ?? ''),
  );
  expect(bare).toEqual([]);
});

function textOf(...path: readonly string[]): string {
  return readFileSync(join(...path), 'utf8');
}
