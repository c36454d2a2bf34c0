// Lists of models that have much in common: the same few names, so that two lists differ in parts.
import * as fc from './fast-check';
import type { FieldSpec, ModelSpec } from '../../lib';
import { fieldWithoutName } from './arbitraries';

const TABLES = ['alpha', 'beta', 'gamma'] as const;
const COLUMNS = ['id', 'one', 'two', 'three', 'four'] as const;

const ACTIONS = ['CASCADE', 'RESTRICT'] as const;

/** Without a second unique of one field, which the field itself says. */
const indexes = fc
  .uniqueArray(
    fc.record({
      columns: fc.uniqueArray(fc.constantFrom(...COLUMNS.slice(1)), { minLength: 1, maxLength: 3 }),
      unique: fc.boolean(),
    }),
    { maxLength: 2, selector: ({ columns, unique }) => `${columns.join()}:${unique}` },
  )
  .map((list) => list.filter(({ columns, unique }) => columns.length > 1 || !unique));

/** An identity is never null, whether it says so or not. */
function saysNothingOfNull({
  nullable,
  identity,
}: {
  readonly nullable?: unknown;
  readonly identity?: unknown;
}): boolean {
  return nullable === undefined && identity !== true;
}

function modelOf(org: string, table: string): fc.Arbitrary<ModelSpec> {
  return fc
    .tuple(
      fc.subarray(COLUMNS.slice(1), { minLength: 1 }),
      fc.array(fieldWithoutName, { minLength: 4, maxLength: 4 }),
      indexes,
      fc.option(fc.tuple(fc.constantFrom(...TABLES), fc.constantFrom(...ACTIONS)), { nil: undefined }),
    )
    .map(([columns, specs, wanted, refers]) => {
      const fields = columns.map(
        (name, at) =>
          ({ name, ...specs[at], ...(saysNothingOfNull(specs[at] ?? {}) ? { nullable: true } : {}) }) as FieldSpec,
      );
      const id: FieldSpec = { name: 'id', type: 'Int' };
      const reference: FieldSpec[] =
        refers === undefined
          ? []
          : [
              {
                name: 'ref',
                type: 'Int',
                references: { schema: org, table: refers[0], column: 'id', onDelete: refers[1] },
              },
            ];
      const own = wanted.filter((index) => index.columns.every((column) => columns.includes(column)));
      return {
        table,
        fields: [id, ...fields, ...reference],
        ...(own.length > 0 ? { indexes: own } : {}),
      };
    });
}

/** All tables are there, so that each reference finds its target. */
export function modelLists(org: string): fc.Arbitrary<readonly ModelSpec[]> {
  return fc.tuple(...TABLES.map((table) => modelOf(org, table)));
}
