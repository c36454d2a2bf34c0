// npm run chaos:cli -- --seed 1 --rounds 1000
// Runs every command of the command line under faults, and looks for passwords and values in what it writes.
import { parseArgs } from 'node:util';
import { knex } from 'knex';
import { NOT_DURABLE, startPostgres } from '../../support/embedded-postgres';
import { playCommands } from './rounds';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '1000' },
  },
});

async function main(): Promise<boolean> {
  // Of a command that has ended already.
  process.on('uncaughtException', () => undefined);
  const server = await startPostgres({ settings: NOT_DURABLE });
  const admin = knex({ client: 'pg', connection: server.url, pool: { min: 0, max: 1 } });
  const counts = new Map<string, number>();
  let violations = 0;
  try {
    for await (const round of playCommands(server.url, admin, {
      seed: Number(values.seed),
      rounds: Number(values.rounds),
    })) {
      const { command, fault, code, hasStruck, output } = round;
      const key = `${fault}${hasStruck ? '' : ' (did not strike)'}: exit code ${code}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (round.violations.length === 0) continue;
      violations += 1;
      console.log(`${fault}: ${command}\n  ${round.violations.join(', ')}\n${output}`);
    }
  } finally {
    await admin.destroy();
    await server.stop();
  }
  for (const [key, count] of [...counts].sort()) console.log(`${String(count).padStart(5)}  ${key}`);
  console.log(`${values.rounds} commands, seed ${values.seed}, ${violations} violations`);
  return violations === 0;
}

void main().then(
  (isSound) => (process.exitCode = isSound ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
