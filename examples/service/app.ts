import fastify, { type FastifyInstance } from 'fastify';
import type { Knex } from 'knex';
import { answerTo } from './errors';
import { addPage } from './page-files';
import { addRolloutRoutes } from './rollout-routes';
import { sameOriginOnly } from './same-origin';
import { addTenantRoutes } from './tenant-routes';

/** The service. It has no users: in yours, which tenant somebody may change comes from the session, not from the path. */
export function buildApp(db: Knex): FastifyInstance {
  // Streams of progress are open for as long as somebody looks.
  const app = fastify({ forceCloseConnections: true, bodyLimit: 64 * 1024 });
  // JSON alone: a browser sends plain text to another site without asking it first.
  app.removeContentTypeParser('text/plain');
  sameOriginOnly(app);
  app.setErrorHandler(async (error, _request, reply) => {
    const { status, body } = answerTo(error);
    if (status === 500) process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
    await reply.code(status).send(body);
  });
  addPage(app);
  addTenantRoutes(app, db);
  addRolloutRoutes(app, db);
  return app;
}
