// POSTGRES_MAJOR=14 npm run chaos:online -- --seed 1 --points 3 --manners terminate,kill,crash,shutDown
// Kills each kind of online change in each of its stages, at so many points, in both manners; resumes it and abandons it.
import { parseArgs } from 'node:util';
import { knex } from 'knex';
import { planOnline } from '../../../lib';
import { NOT_DURABLE, startPostgres } from '../../support/embedded-postgres';
import { randomOf } from '../random';
import { KINDS } from './kinds';
import { IGNORE, runRound, wordsOf, type Round } from './round';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    points: { type: 'string', default: '3' },
    rows: { type: 'string', default: '20000' },
    /** Some of terminate, kill, crash and shutDown, which restart the server. */
    manners: { type: 'string', default: 'terminate,kill' },
    /** Part of the name of a kind. */
    kind: { type: 'string', default: '' },
  },
});

function rounds(): readonly Round[] {
  const random = randomOf(Number(values.seed));
  return KINDS.filter(({ name }) => name.includes(values.kind)).flatMap((kind) =>
    planOnline('acme-corp', kind.change).stages.flatMap((_stage, at) =>
      Array.from({ length: Number(values.points) }, (_point, point) =>
        (values.manners.split(',') as Round['manner'][]).flatMap((manner) =>
          (['resume', 'abandon'] as const).map((then): Round => {
            const delayMs = point === 0 ? 0 : random.int(1, 60);
            return { kind, stage: at + 1, delayMs, manner, then, rows: Number(values.rows) };
          }),
        ),
      ).flat(),
    ),
  );
}

const major = Number(process.env.POSTGRES_MAJOR ?? 18);

async function main(): Promise<boolean> {
  const server = await startPostgres({ major, settings: NOT_DURABLE });
  const db = knex({ client: 'pg', connection: server.url, pool: { min: 0, max: 4 }, log: IGNORE });
  let [struck, bad] = [0, 0];
  const all = rounds();
  try {
    for (const round of all) {
      const outcome = await runRound(db, server.url, round, server).catch((error: unknown) => ({
        struck: true,
        violations: [String(error)],
      }));
      if (outcome.struck) struck += 1;
      if (outcome.violations.length === 0) continue;
      bad += 1;
      console.log(`${wordsOf(round)}\n  ${outcome.violations.join('\n  ')}`);
      await db.raw('drop schema if exists "acme-corp" cascade; drop schema if exists plain cascade');
      await db.raw('delete from tenant_ddl.online_change').catch(() => undefined);
    }
  } finally {
    await db.destroy();
    await server.stop();
  }
  console.log(
    `PostgreSQL ${major}, seed ${values.seed}: ${all.length} kills, ${struck} of them in the middle; ${bad} violations`,
  );
  return bad === 0;
}

void main().then(
  (isGood) => (process.exitCode = isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
