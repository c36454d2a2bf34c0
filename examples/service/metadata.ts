// What the service knows of its tenants: tables of its own, which are models like any other.
import type { Knex } from 'knex';
import {
  applyChanges,
  changesFor,
  createTenant,
  diffModels,
  inspectTenant,
  MigrationError,
  type FieldSpec,
  type ModelSpec,
} from 'tenant-ddl';
import { QUIET } from './quiet';

/** The schema of these tables; a tenant of this name is refused, since it exists. */
export const SERVICE = 'workbench';

const org: FieldSpec = {
  name: 'org',
  type: 'String',
  length: 63,
  nullable: false,
  references: { table: 'tenant', column: 'org', onDelete: 'CASCADE' },
};
const ofModel = { columns: ['org', 'model'], references: { table: 'model', columns: ['org', 'name'] } } as const;
const modelName: FieldSpec = { name: 'model', type: 'String', length: 63, nullable: false };

const METADATA: readonly ModelSpec[] = [
  { table: 'tenant', fields: [{ name: 'org', type: 'String', length: 63, primaryKey: true }] },
  {
    table: 'model',
    fields: [
      { ...org, primaryKey: true },
      { name: 'name', type: 'String', length: 63, primaryKey: true },
    ],
  },
  {
    table: 'field',
    fields: [
      { name: 'id', type: 'BigInt', identity: true },
      org,
      modelName,
      { name: 'name', type: 'String', length: 63, nullable: false },
      { name: 'spec', type: 'Json', nullable: false },
    ],
    foreignKeys: [{ ...ofModel, references: { ...ofModel.references, onDelete: 'CASCADE' } }],
    indexes: [{ columns: ['org', 'model', 'name'], unique: true }],
  },
  {
    table: 'index',
    fields: [
      { name: 'id', type: 'BigInt', identity: true },
      org,
      modelName,
      { name: 'columns', type: 'Json', nullable: false },
    ],
    foreignKeys: [{ ...ofModel, references: { ...ofModel.references, onDelete: 'CASCADE' } }],
    indexes: [{ columns: ['org', 'model'] }],
  },
  {
    table: 'history',
    fields: [
      { name: 'id', type: 'BigInt', identity: true },
      org,
      { name: 'summary', type: 'Text', nullable: false },
      { name: 'statements', type: 'Json', nullable: false },
      { name: 'durationMs', type: 'Int' },
      { name: 'rollout', type: 'Text' },
      { name: 'at', type: 'DateTime', nullable: false, default: { fn: 'now' } },
    ],
    // A rollout is written down once, however often it is gone on with.
    indexes: [{ columns: ['org', 'rollout'], unique: true, name: 'history_rollout' }],
  },
];

/** Creates the tables, or adds what a later version of this service has more. */
export async function prepareMetadata(db: Knex): Promise<void> {
  try {
    await createTenant(SERVICE, db, QUIET);
  } catch (error) {
    if (!(error instanceof MigrationError) || error.code !== 'TENANT_EXISTS') throw error;
  }
  const changes = changesFor(diffModels(METADATA, await inspectTenant(SERVICE, db)));
  if (changes.length > 0) await applyChanges(SERVICE, changes, db, QUIET);
}

/** A table of the metadata, on a transaction or outside of one. */
export function own(db: Knex, table: 'tenant' | 'model' | 'field' | 'index' | 'history'): Knex.QueryBuilder {
  return db(table).withSchema(SERVICE);
}

/** The models of a tenant, as the metadata has them: what its tables should be. */
export async function modelsOf(tenant: string, db: Knex): Promise<readonly ModelSpec[]> {
  const names = (await own(db, 'model').where({ org: tenant }).orderBy('name').pluck('name')) as string[];
  const fields = (await own(db, 'field').where({ org: tenant }).orderBy('id')) as FieldRow[];
  const indexes = (await own(db, 'index').where({ org: tenant }).orderBy('id')) as IndexRow[];
  return names.map((table) => ({
    table,
    fields: fields.filter(({ model }) => model === table).map(({ spec }) => spec),
    indexes: indexes.filter(({ model }) => model === table).map(({ columns }) => ({ columns })),
  }));
}

interface FieldRow {
  readonly model: string;
  readonly spec: FieldSpec;
}

interface IndexRow {
  readonly model: string;
  readonly columns: readonly string[];
}
