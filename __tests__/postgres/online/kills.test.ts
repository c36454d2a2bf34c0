// Each kind of online change, killed in each of its stages: the short form of npm run chaos:online.
import { planOnline } from '../../../lib';
import { KINDS } from '../../chaos/online/kinds';
import { runRound, wordsOf, type Round } from '../../chaos/online/round';
import { inOwnDatabase } from '../../support/own-database';
import { ORG } from '../../support/online';

const manners = ['resume', 'abandon'] as const;

it.each(KINDS)('ends as the plain change or as nothing, with its sessions terminated in each stage: $name', (kind) =>
  inOwnDatabase(async (url, db) => {
    for (const [at] of planOnline(ORG, kind.change).stages.entries()) {
      const then = manners[(at + KINDS.indexOf(kind)) % 2] as Round['then'];
      const round: Round = { kind, stage: at + 1, delayMs: 3 * (at % 3), manner: 'terminate', then, rows: 500 };
      expect([wordsOf(round), (await runRound(db, url, round)).violations]).toEqual([wordsOf(round), []]);
    }
  }),
);

it.each(KINDS.filter(({ change }) => change.kind === 'alterField'))(
  'ends as the plain change where its process gets SIGKILL in the last stage but one: $name',
  (kind) =>
    inOwnDatabase(async (url, db) => {
      const stage = planOnline(ORG, kind.change).stages.length - 1;
      const round: Round = { kind, stage, delayMs: 0, manner: 'kill', then: 'resume', rows: 500 };
      expect([wordsOf(round), (await runRound(db, url, round)).violations]).toEqual([wordsOf(round), []]);
    }),
);
