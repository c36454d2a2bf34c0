import type { FastifyInstance } from 'fastify';
import type { Knex } from 'knex';
import { rollout, rolloutNames, setPaused, startRollout, type RolloutStart } from './rollouts';
import { SECURITY_HEADERS } from './same-origin';
import { CHANGE } from './tenant-routes';

interface OfRollout {
  readonly Params: { readonly name: string };
}

const A_ROLLOUT = {
  body: {
    type: 'object',
    required: ['name', 'change'],
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 80 },
      change: CHANGE,
      perSecond: { type: 'integer', minimum: 1, maximum: 1000 },
    },
  },
};

const LOOK_EVERY_MS = 200;

export function addRolloutRoutes(app: FastifyInstance, db: Knex): void {
  app.get('/api/rollouts', () => rolloutNames(db));

  app.post<{ Body: RolloutStart }>('/api/rollouts', { schema: A_ROLLOUT }, async ({ body }, reply) => {
    await startRollout(body, db);
    return reply.code(202).send({ name: body.name });
  });

  app.get<OfRollout>('/api/rollouts/:name', ({ params: { name } }) => rollout(name, db));

  for (const verb of ['pause', 'resume'] as const) {
    app.post<OfRollout>(`/api/rollouts/:name/${verb}`, async ({ params: { name } }) => {
      await setPaused(name, verb === 'pause', db);
      return {};
    });
  }

  /** Server-sent events: the rollout, again each time that it has come further, until it has ended. */
  app.get<OfRollout>('/api/rollouts/:name/events', async ({ params: { name } }, reply) => {
    let view = await rollout(name, db);
    void reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    let last = '';
    try {
      while (!raw.destroyed) {
        const event = JSON.stringify(view);
        if (event !== last) raw.write(`data: ${(last = event)}\n\n`);
        if (view.state === 'finished' || view.state === 'stopped') break;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
        view = await rollout(name, db);
      }
      raw.write('event: end\ndata: {}\n\n');
    } finally {
      // Without that word, the browser asks again.
      raw.end();
    }
  });
}
