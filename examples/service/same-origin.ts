import type { FastifyInstance } from 'fastify';

/** Nothing but our own files, and no page of somebody else's around ours. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The names of this machine: another one that leads here is a trick (DNS rebinding). */
const OWN_HOSTS = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/**
 * Lets nobody in but the page. Browsers say where a request comes from; and since a request that writes is JSON, another
 * site would have to ask first, which nothing here answers.
 */
export function sameOriginOnly(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS);
    const { host = '', origin, 'sec-fetch-site': site } = request.headers;
    const isForeign =
      !OWN_HOSTS.test(host) ||
      (origin !== undefined && origin !== `http://${host}`) ||
      (request.url.startsWith('/api/') && site !== undefined && site !== 'same-origin' && site !== 'none');
    if (isForeign) await reply.code(403).send({ code: 'FORBIDDEN', message: 'Only the page of this service may ask.' });
  });
}

/** For answers that are written past Fastify. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = HEADERS;
