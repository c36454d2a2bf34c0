// npm run example     a small low-code service, with a page in the browser
//
// On the server of DATABASE_URL, where what it does lasts, or on a PostgreSQL that lives only as long as this does.
import { knex } from 'knex';
import config from '../../knexfile';
import { buildApp } from './app';
import { prepareMetadata } from './metadata';
import { goOnWithRollouts, stopRollouts } from './rollouts';
import { fillWhenEmpty } from './samples';

async function main(): Promise<void> {
  // Four for a rollout, the others for the page.
  const db = knex({ ...config.development, pool: { min: 0, max: 10 } });
  const app = buildApp(db);
  app.addHook('onClose', async () => {
    await stopRollouts();
    await db.destroy();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void app.close());
  try {
    await prepareMetadata(db);
    await fillWhenEmpty(db);
    await goOnWithRollouts(db);
    const url = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) });
    process.stdout.write(`Workbench is at ${url} until Ctrl-C.\n`);
  } catch (error) {
    await app.close();
    throw error;
  }
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  const { code, message } = error as NodeJS.ErrnoException;
  const hint = code === 'EADDRINUSE' ? ' Choose another one: PORT=3001 npm run example' : '';
  process.stderr.write(`${message || code}.${hint}\n`);
});
