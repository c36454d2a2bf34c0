// The tables that the examples of the operations are about: docs/operations.md shows them, the proof changes them.
import type { Knex } from 'knex';
import { createModel, createModels, createTenant, type Change, type ModelSpec } from '../../lib';
import { operations, type ChangeKind } from '../../lib/migration/operations';
import { quiet } from './log';
import { freshOrg } from './postgres';

/** In each table but the empty one and the shared one. */
export const ROWS = 10_000;

/** What the examples call the org and the schema that all orgs share. */
const ORG = 'acme-corp';
const SHARED = 'public';

export const EXAMPLE_MODELS: readonly ModelSpec[] = [
  { table: 'customer', fields: [{ name: 'id', type: 'Int' }] },
  {
    table: 'invoice',
    fields: [
      { name: 'id', type: 'Int' },
      {
        name: 'customer_id',
        type: 'Int',
        references: { schema: ORG, table: 'customer', column: 'id', onDelete: 'CASCADE' },
      },
      { name: 'code', type: 'String', unique: true },
      { name: 'title', type: 'String', length: 40 },
      { name: 'note', type: 'Text' },
      { name: 'quantity', type: 'Int', default: 1 },
      { name: 'amount', type: 'Decimal', precision: 12, scale: 2 },
      { name: 'status', type: 'Enum', values: ['draft', 'sent'] },
      { name: 'issued_at', type: 'DateTime', nullable: false },
    ],
    indexes: [{ columns: ['status', 'amount'], name: 'invoice_by_status' }, { columns: ['issued_at'] }],
  },
  {
    table: 'line',
    fields: [
      {
        name: 'invoice_id',
        type: 'Int',
        primaryKey: true,
        references: { schema: ORG, table: 'invoice', column: 'id', onDelete: 'CASCADE' },
      },
      { name: 'place', type: 'Int', primaryKey: true },
    ],
  },
  { table: 'setting', fields: [{ name: 'id', type: 'Int' }] },
];

/** In the shared schema. */
export const SHARED_MODEL: ModelSpec = {
  table: 'currency',
  fields: [{ name: 'code', type: 'String', length: 3, primaryKey: true }],
};

/** Schemas of a test that stand in for those of the examples. */
export interface ExampleSchemas {
  readonly org: string;
  readonly shared: string;
}

/** The same with the names of schemas that a test can have for its own. */
export function inSchemas<T>(example: T, { org, shared }: ExampleSchemas): T {
  const names: Readonly<Record<string, string>> = { [ORG]: org, [SHARED]: shared };
  const text = JSON.stringify(example, (key, value: unknown) =>
    key === 'schema' && typeof value === 'string' ? (names[value] ?? value) : value,
  );
  return JSON.parse(text) as T;
}

export interface Example {
  readonly kind: ChangeKind;
  readonly variant: string;
  readonly change: Change;
}

/** Every example of the registry. */
export function allExamples(): readonly Example[] {
  return Object.entries(operations).flatMap(([kind, { examples }]) =>
    examples.map(({ variant, change }) => ({ kind: kind as ChangeKind, variant, change })),
  );
}

/** Creates the tables of the examples in schemas of their own, with their rows. */
export async function exampleTables(db: Knex): Promise<ExampleSchemas> {
  const schemas = { org: freshOrg(), shared: freshOrg('shared') };
  const { org, shared } = schemas;
  const options = { logger: quiet, sharedSchemas: [shared] };
  await createTenant(org, db, options);
  await createTenant(shared, db, options);
  await createModels(org, inSchemas(EXAMPLE_MODELS, schemas), db, options);
  await createModel(shared, SHARED_MODEL, db, options);
  await db.raw(`
    insert into "${shared}".currency values ('EUR'), ('JPY'), ('USD');
    insert into "${org}".customer select generate_series(1, ${ROWS});
    insert into "${org}".invoice
      select n, n, 'c' || n, 'title ' || n, 'note', n, n, case n % 2 when 0 then 'draft' else 'sent' end, now()
      from generate_series(1, ${ROWS}) n;
    insert into "${org}".line select n, 1 from generate_series(1, ${ROWS}) n;
    analyze "${shared}".currency, "${org}".customer, "${org}".invoice, "${org}".line, "${org}".setting`);
  return schemas;
}
