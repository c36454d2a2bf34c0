// Online changes whose server goes down in each stage, as by a power cut and in order: resumed or taken back afterwards.
import { knex } from 'knex';
import { planOnline } from '../../../lib';
import { KINDS } from '../../chaos/online/kinds';
import { IGNORE, runRound, wordsOf, type Round } from '../../chaos/online/round';
import { startPostgres, type EmbeddedPostgres } from '../../support/embedded-postgres';
import { ORG } from '../../support/online';

const THREE = KINDS.filter(({ name }) => ['unique', 'default of its own', 'type of a key'].includes(name));

let server: EmbeddedPostgres;

beforeAll(async () => {
  server = await startPostgres({ major: Number(process.env.POSTGRES_MAJOR ?? 18) });
});

afterAll(() => server.stop());

it.each(THREE)(
  'ends as the plain change or as nothing, with a restart of the server in each stage: $name',
  async (kind) => {
    const db = knex({ client: 'pg', connection: server.url, pool: { min: 0, max: 4 }, log: IGNORE });
    const struck: boolean[] = [];
    try {
      for (const [at] of planOnline(ORG, kind.change).stages.entries()) {
        for (const manner of ['crash', 'shutDown'] as const) {
          const then = (at % 2 === 0) === (manner === 'crash') ? 'resume' : 'abandon';
          const round: Round = { kind, stage: at + 1, delayMs: 0, manner, then, rows: 3000 };
          const outcome = await runRound(db, server.url, round, server);
          expect([wordsOf(round), outcome.violations]).toEqual([wordsOf(round), []]);
          struck.push(outcome.struck);
        }
      }
    } finally {
      await db.destroy();
    }
    // Where it was too late, the change was over.
    expect(struck.filter(Boolean).length).toBeGreaterThan(struck.length / 2);
  },
  120_000,
);
