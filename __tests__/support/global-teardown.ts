import { inspect, started } from './global-setup';

/**
 * Stops the server that the set-up started. Each file has looked for what bears its own mark (postgres.ts); on a server
 * that nobody else uses, here is the place to find what bears none.
 */
export default async function tearDown(): Promise<void> {
  if (!started) return;
  const { server, url, before } = started;
  delete process.env.DATABASE_URL;
  try {
    const left = (await inspect(url)).names.filter((name) => !before.includes(name));
    if (left.length > 0) throw new Error(`The tests left behind:\n  ${left.join('\n  ')}`);
  } finally {
    await server.stop();
  }
}
