// The contract of every operation: what its plan says about locks, rewrites and scans is what the server does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { allExamples, MAJORS, ROWS } from '../../docs/examples';
import {
  applyChange,
  planChange,
  type Change,
  type FieldChangesSpec,
  type FieldSpec,
  type Lock,
  type Plan,
  type Step,
  type TypeSpec,
} from '../../lib';
import { isBlock } from '../../lib/sql/server-check';
import { operations } from '../../lib/plan/operations';
import { HAZARD_KINDS } from '../../lib/plan/plan';
import { exampleTables, inSchemas, type ExampleSchemas } from '../support/example-tables';
import { quiet } from '../support/log';
import { knownTables, observed, strongest, witness, type KnownTable } from '../support/observed';

const session = witness();
const examples = allExamples();

/** Those whose every statement did what was planned. */
const proved = new Set<string>();

interface Fixture {
  readonly schemas: ExampleSchemas;
  readonly tables: readonly KnownTable[];
}

/** For what is rolled back: each example finds the tables as they were made. */
let shared: Fixture;

beforeAll(async () => {
  shared = await freshFixture();
});

async function freshFixture(): Promise<Fixture> {
  const schemas = await exampleTables(session.db);
  return { schemas, tables: await knownTables(session.db, Object.values(schemas)) };
}

function planOf(change: Change, { org, shared }: ExampleSchemas): Plan {
  return planChange(org, inSchemas(change, { org, shared }), { sharedSchemas: [shared] });
}

it('has tables of 10,000 rows to prove it on', () => {
  expect(Object.fromEntries(shared.tables.map(({ table, rows }) => [table, rows]))).toEqual({
    customer: ROWS,
    invoice: ROWS,
    line: ROWS,
    reading: ROWS,
    setting: 0,
    currency: 3,
  });
});

describe.each(Object.keys(operations))('%s', (kind) => {
  const own = examples.filter((example) => example.kind === kind);

  it('has examples, no two of one name', () => {
    const variants = own.map(({ variant }) => variant);
    expect(variants).not.toEqual([]);
    expect([...new Set(variants)]).toEqual(variants);
  });

  it.each(own)('$variant: each statement locks, rewrites and scans what is planned', async ({ variant, change }) => {
    const isOne = planOf(change, shared.schemas).steps.length === 1;
    // What is committed is not undone.
    const { schemas, tables } = isOne ? shared : await freshFixture();
    const { steps } = planOf(change, schemas);
    expect(steps).not.toEqual([]);
    for (const [index, step] of steps.entries()) {
      const keep = index < steps.length - 1;
      const { scanned, ...seen } = await observed(session, tables, (trx) => trx.raw(verbatim(step.sql)), { keep });
      const { sql, rewritesTable, scansTable } = step;
      const locks = isBlock(sql) ? locksOfBlock(step, steps[index - 1], seen.locks) : strongest(step.locks);
      const heard = { rewritesTable, scansTable };
      expect({ sql, ...seen }).toEqual({ sql, locks, rewritesTable, scansTable, heard });
      expect(locks.map(({ table }) => table)).toEqual(expect.arrayContaining([...scanned]));
    }
    proved.add(`${kind} ${variant}`);
  });

  it.each(own)('$variant: the whole of it takes the planned locks and no others', async ({ change }) => {
    const { schemas, tables } = shared;
    const { org } = schemas;
    const run = (trx: Knex): Promise<unknown> =>
      applyChange(org, inSchemas(change, schemas), trx, { logger: quiet, sharedSchemas: [schemas.shared] });
    const { locks } = await observed(session, tables, run);
    expect(locks).toEqual(strongest(planOf(change, schemas).steps.flatMap((step) => step.locks)));
  });

  it.each(own)('$variant: names a hazard for each rewrite and scan, and only for these', ({ change }) => {
    const { steps, hazards } = planOf(change, shared.schemas);
    const kinds = hazards.map((hazard) => hazard.kind).filter((hazard) => HAZARD_KINDS[hazard].onRowsOnly);
    const rewrites = steps.some(({ rewritesTable }) => rewritesTable);
    expect(kinds.includes('rewrite')).toBe(rewrites);
    expect(kinds.length > 0).toBe(steps.some(({ scansTable }) => scansTable));
  });
});

it('proves as many examples as docs/operations.md says, on the versions that it names', () => {
  const claim = /\*\*(\d+) examples on PostgreSQL (.*): (\d+) comparisons\.\*\*/.exec(fileText('docs/operations.md'));
  const majors = claim?.[2]?.match(/\d+/g) ?? [];
  expect(Number(claim?.[1])).toBe(proved.size);
  expect(majors).toEqual(MAJORS.map(String));
  expect(Number(claim?.[3])).toBe(proved.size * majors.length);
  // The matrix runs this file on each of them.
  expect([...Object.keys(JSON.parse(fileText('__tests__/support/postgres-versions.json'))), '18']).toEqual(majors);
});

function fileText(path: string): string {
  return readFileSync(join(__dirname, '..', '..', path), 'utf8');
}

/** What there is to alter, each way, and what a column can bring along: without its example none of it is proved. */
const VARIANTS: Readonly<Record<string, (change: Change) => boolean>> = {
  'createModel with references': (change) => change.kind === 'createModel' && change.fields.some(isReference),
  'createModel with a key of several columns': (change) => change.kind === 'createModel' && !!change.foreignKeys,
  'createModel with indexes': (change) => change.kind === 'createModel' && !!change.indexes,
  'addField, nullable': added((field) => isPlain(field) && field.default === undefined),
  'addField with a default': added((field) => isPlain(field) && typeof field.default === 'string'),
  'addField with a stable default': added((field) => isPlain(field) && isCall(field.default, 'now')),
  'addField with a volatile default': added((field) => isPlain(field) && isCall(field.default, 'uuid')),
  'addField, not nullable': added((field) => field.nullable === false && field.default === undefined),
  'addField, not nullable, with a default': added((field) => field.nullable === false && field.default === 0),
  'addField, not nullable, with a volatile default': added(
    (field) => field.nullable === false && isCall(field.default, 'uuid'),
  ),
  'addField, unique': added((field) => field.unique === true),
  'addField with values': added((field) => field.values !== undefined),
  'addField with a comment': added((field) => field.comment !== undefined),
  'addField with a reference': added((field) => isReference(field) && field.default === undefined),
  'addField with a reference and a default': added((field) => isReference(field) && field.default !== undefined),
  'addField with a reference to a shared table': added((field) => field.references?.schema === 'public'),
  'addField with a reference to its own table': added((field) => field.references?.table === 'invoice'),
  'alterField to a longer String': altered((set, from) => Number(set.length) > Number(from?.length)),
  'alterField to a shorter String': altered((set, from) => Number(set.length) < Number(from?.length)),
  'alterField to another type': altered((set, from) => set.type !== undefined && from !== undefined),
  'alterField to another type, from one that is not named': altered((set, from) => !!set.type && from === undefined),
  'alterField to more digits': altered((set, from) => Number(set.precision) > Number(from?.precision)),
  'alterField to another scale': altered((set, from) => set.scale !== undefined && set.scale !== from?.scale),
  'alterField to other values': altered((set) => set.values !== undefined && set.type === undefined),
  'alterField to an Enum': altered((set) => set.type === 'Enum'),
  'alterField from an Enum': altered((set, from) => from?.type === 'Enum' && set.type !== undefined),
  'alterField, nullable': altered((set) => set.nullable === true),
  'alterField, not nullable': altered((set) => set.nullable === false),
  'alterField with a default': altered((set) => typeof set.default === 'string' && set.type === undefined),
  'alterField with a volatile default': altered((set) => isCall(set.default, 'uuid')),
  'alterField with no default': altered((set) => set.default === null),
  'alterField with a type and a default': altered((set) => set.type !== undefined && set.default !== undefined),
  'alterField, unique': altered((set) => set.unique === true),
  'alterField, not unique': altered((set) => set.unique === false),
  'alterField with a comment': altered((set) => set.comment !== undefined),
  'dropField that refers': (change) => change.kind === 'dropField' && change.referencing !== undefined,
  'dropField with what goes along': (change) => change.kind === 'dropField' && change.cascade !== undefined,
  'dropModel that refers': (change) => change.kind === 'dropModel' && change.referencing !== undefined,
  'addIndex, unique': (change) => change.kind === 'addIndex' && change.unique === true,
  'addIndex without a name': (change) => change.kind === 'addIndex' && change.name === undefined,
};

it.each(Object.keys(VARIANTS))('has an example of %s', (variant) => {
  expect(examples.filter(({ change }) => VARIANTS[variant]?.(change))).not.toEqual([]);
});

/** The compiler keeps this complete. */
const ALTERABLE: Readonly<Record<keyof FieldChangesSpec, true>> = {
  type: true,
  length: true,
  precision: true,
  scale: true,
  values: true,
  array: true,
  nullable: true,
  default: true,
  unique: true,
  comment: true,
};

it.each(Object.keys(ALTERABLE))('has an example of alterField with %s', (property) => {
  const sets = examples.flatMap(({ change }) => (change.kind === 'alterField' ? [change.set] : []));
  expect(sets.filter((set) => Object.hasOwn(set, property))).not.toEqual([]);
});

function added(is: (field: FieldSpec) => boolean): (change: Change) => boolean {
  return (change) => change.kind === 'addField' && is(change.field);
}

function altered(is: (set: FieldChangesSpec, from: TypeSpec | undefined) => boolean): (change: Change) => boolean {
  return (change) => change.kind === 'alterField' && is(change.set, change.from);
}

function isReference({ references }: FieldSpec): boolean {
  return references !== undefined;
}

/** With nothing but a default. */
function isPlain({ nullable, unique, references, values }: FieldSpec): boolean {
  return nullable !== false && unique !== true && references === undefined && values === undefined;
}

function isCall(value: unknown, name: string): boolean {
  return (value as { fn?: unknown } | null | undefined)?.fn === name;
}

/**
 * What a block renames hangs on the catalog. It may take no more than its plan says, which is no more than the
 * statement before it holds already.
 */
function locksOfBlock({ locks }: Step, previous: Step | undefined, seen: readonly Lock[]): readonly Lock[] {
  expect(previous?.locks).toEqual(locks);
  expect(strongest([...locks, ...seen])).toEqual(strongest(locks));
  return seen;
}

/** Keeps knex from reading a question mark as a binding. */
function verbatim(sql: string): string {
  return sql.replaceAll('?', '\\?');
}
