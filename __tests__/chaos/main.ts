// npm run chaos -- --seed 1 --rounds 2000
// With CITUS_URL, on a cluster of Citus that is for nothing else: docs/citus.md.
// Runs random changes under random faults, and looks after each round whether every promise was kept.
import { parseArgs } from 'node:util';
import { playRounds } from './chaos';
import { citusFaultNames, faultNames } from './faults';
import { newReport, storyOf } from './report';

const { values } = parseArgs({
  options: {
    /** One or several, `1,2,3`; each plays all the rounds. */
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '200' },
    /** One round alone, by its number, with all that happens in it. */
    only: { type: 'string' },
    /** Puts a PgBouncer in transaction mode between. */
    pooler: { type: 'boolean', default: false },
    /** Goes on after a violation; else the first one ends the run. */
    'keep-going': { type: 'boolean', default: false },
  },
});

async function main(): Promise<boolean> {
  const report = newReport(process.env.CITUS_URL ? citusFaultNames : faultNames);
  const startedAt = performance.now();
  let played = 0;
  const seeds = values.seed.split(',').map(wholeNumber);
  const rounds =
    values.only === undefined
      ? Array.from({ length: wholeNumber(values.rounds) }, (_, round) => round)
      : [wholeNumber(values.only)];
  seeds: for (const seed of seeds) {
    for await (const result of playRounds(seed, rounds, values.pooler)) {
      report.add(result);
      played += 1;
      const isWrong = result.violations.length > 0;
      if (isWrong || values.only !== undefined) console.log(`${storyOf(seed, result)}\n`);
      if (isWrong && !values['keep-going']) break seeds;
    }
  }
  console.log(report.table());
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${played} rounds, seed ${values.seed}, ${seconds} s, ${report.violations} violations`);
  return report.violations === 0;
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`"${text}" is no whole number: npm run chaos -- --seed 1,2,3 --rounds 200`);
}

void main().then(
  // A server that was killed leaves connections that do not end.
  (isSound) => process.exit(isSound ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
