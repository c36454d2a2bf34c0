import { faultNames } from '../../chaos/faults';
import { planOf } from '../../chaos/plan';

const rounds = Array.from({ length: faultNames.length * 10 }, (_, round) => round);
const plansOf = (seed: number): string[] => rounds.map((round) => JSON.stringify(planOf(seed, round)));

it('plans the same for the same seed, whatever was planned before', () => {
  const plans = plansOf(1);
  expect([...rounds].reverse().map((round) => JSON.stringify(planOf(1, round)))).toEqual([...plans].reverse());
});

it('plans otherwise for another seed', () => {
  const [one, two] = [plansOf(1), plansOf(2)];
  expect(one.filter((plan, round) => plan === two[round])).toEqual([]);
});

it('deals every fault as often as any other, and pairs of them', () => {
  const firsts = rounds.flatMap((round) => planOf(3, round).faults.map(({ name }) => name));
  for (const name of faultNames) expect(firsts.filter((dealt) => dealt === name).length).toBeGreaterThanOrEqual(10);
  expect(firsts.length).toBeGreaterThan(rounds.length);
});

it('runs every way to change a tenant, with every kind of change', () => {
  const tasks = rounds.flatMap((round) => planOf(4, round).tasks);
  const kinds = new Set(tasks.map(({ mode, change }) => `${mode}: ${change}`));
  // A bare Knex has no transaction to put rows into.
  expect(kinds.size).toBe(3 * 4 - 1);
});

it('gives a bare Knex nothing that takes a callback', () => {
  const bare = rounds.flatMap((round) => planOf(5, round).tasks).filter(({ mode }) => mode === 'bare Knex');
  expect(bare.filter(({ swallows, failsFirst, givesUp }) => swallows !== 'nothing' || failsFirst || givesUp)).toEqual(
    [],
  );
});
