import type { FastifyInstance } from 'fastify';
import type { Knex } from 'knex';
import type { Change } from 'tenant-ddl';
import { apply, review } from './changes';
import { drift, mend } from './drift';
import { NotFound } from './errors';
import { modelsOf, own } from './metadata';
import { KNOWN_KINDS } from './metadata-changes';
import { insertRecord, records } from './records';
import { addTenant, copyTenant } from './samples';

interface OfTenant {
  readonly Params: { readonly org: string };
}

interface OfModel {
  readonly Params: { readonly org: string; readonly table: string };
}

/** The library checks the rest of a change, and says what is wrong with it. */
export const CHANGE = {
  type: 'object',
  required: ['kind', 'table'],
  properties: { kind: { enum: KNOWN_KINDS }, table: { type: 'string' } },
};
const A_CHANGE = { body: { type: 'object', required: ['change'], properties: { change: CHANGE } } };
const A_COUNT = {
  body: { type: 'object', required: ['count'], properties: { count: { type: 'integer', minimum: 1, maximum: 200 } } },
};
const AN_ORG = { body: { type: 'object', required: ['org'], properties: { org: { type: 'string' } } } };
const A_RECORD = { body: { type: 'object', additionalProperties: { type: 'string' } } };
const A_MEND = { body: { type: 'object', properties: { destructive: { type: 'boolean' } } } };

export function addTenantRoutes(app: FastifyInstance, db: Knex): void {
  app.get('/api/tenants', async () => {
    const models = (await own(db, 'model').select('org', 'name').orderBy('name')) as { org: string; name: string }[];
    const orgs = (await own(db, 'tenant').orderBy('org').pluck('org')) as string[];
    return orgs.map((org) => ({ org, models: models.filter((model) => model.org === org).map(({ name }) => name) }));
  });

  app.post<{ Body: { readonly org: string } }>('/api/tenants', { schema: AN_ORG }, async ({ body: { org } }, reply) => {
    await addTenant(org, db);
    return reply.code(201).send({ org });
  });

  app.post<OfTenant & { Body: { readonly count: number } }>(
    '/api/tenants/:org/copies',
    { schema: A_COUNT },
    async ({ params: { org }, body: { count } }, reply) => {
      await assertTenant(org, db);
      await copyTenant(org, count, db);
      return reply.code(201).send({ count });
    },
  );

  app.get<OfTenant>('/api/tenants/:org', async ({ params: { org } }) => {
    await assertTenant(org, db);
    return { org, models: await modelsOf(org, db) };
  });

  app.post<OfTenant & { Body: { readonly change: Change } }>(
    '/api/tenants/:org/review',
    { schema: A_CHANGE },
    async ({ params: { org }, body: { change } }) => {
      await assertTenant(org, db);
      return review(org, change, db);
    },
  );

  app.post<OfTenant & { Body: { readonly change: Change } }>(
    '/api/tenants/:org/changes',
    { schema: A_CHANGE },
    async ({ params: { org }, body: { change } }) => {
      await assertTenant(org, db);
      const { statements, durationMs } = await apply(org, change, db);
      return { statements, durationMs };
    },
  );

  app.get<OfTenant>('/api/tenants/:org/history', ({ params: { org } }) =>
    own(db, 'history').where({ org }).orderBy('id', 'desc').limit(100),
  );

  app.get<OfTenant>('/api/tenants/:org/drift', async ({ params: { org } }) => {
    await assertTenant(org, db);
    return drift(org, db);
  });

  app.post<OfTenant & { Body: { readonly destructive?: boolean } }>(
    '/api/tenants/:org/mend',
    { schema: A_MEND },
    async ({ params: { org }, body: { destructive = false } }) => {
      await assertTenant(org, db);
      return mend(org, destructive, db);
    },
  );

  app.get<OfModel>('/api/tenants/:org/models/:table/records', ({ params: { org, table } }) => records(org, table, db));

  app.post<OfModel & { Body: Readonly<Record<string, string>> }>(
    '/api/tenants/:org/models/:table/records',
    { schema: A_RECORD },
    async ({ params: { org, table }, body }, reply) => {
      await insertRecord(org, table, body, db);
      return reply.code(201).send({});
    },
  );
}

/** Schemas that are no tenants of this service are not touched. */
async function assertTenant(org: string, db: Knex): Promise<void> {
  if ((await own(db, 'tenant').where({ org }).first('org')) === undefined) {
    throw new NotFound(`There is no tenant ${org}.`);
  }
}
