import type { FaultPlan } from './fault';
import { faultNames, faults } from './faults';
import type { FaultName } from './faults';
import { randomOf } from './random';
import type { Random } from './random';
import { sensible, taskOf } from './task-plan';
import type { TaskPlan } from './task-plan';

export interface RoundPlan {
  readonly round: number;
  readonly faults: readonly FaultPlan[];
  readonly tasks: readonly TaskPlan[];
}

/** What a round does, from seed and number alone: any round can be run again by itself. */
export function planOf(seed: number, round: number, among: readonly FaultName[] = faultNames): RoundPlan {
  const random = randomOf(seed, round);
  const first = dealt(seed, round, among);
  const names = random.chance(0.25) ? [first, random.pick(among.filter((name) => name !== first))] : [first];
  const needs = Object.assign({}, ...names.map((name) => faults[name].needs)) as Partial<TaskPlan>;
  const tasks = Array.from({ length: random.int(2, 4) }, (_, index) => taskOf(random, `r${round}t${index}`));
  return {
    round,
    faults: names.sort(byServerFirst).map((name) => faultOf(random, name)),
    tasks: tasks.map((task, index) => (index === 0 ? sensible({ ...task, ...needs }) : sensible(task))),
  };
}

/** To end the others takes a server that is up again. */
function byServerFirst(a: FaultName, b: FaultName): number {
  const last = (name: FaultName): number => Number(!name.startsWith('server '));
  return last(a) - last(b);
}

/** Each fault comes once before any comes again. */
function dealt(seed: number, round: number, among: readonly FaultName[]): FaultName {
  const deck = Math.floor(round / among.length);
  return randomOf(seed, deck, 1).shuffled(among)[round % among.length] as FaultName;
}

function faultOf(random: Random, name: FaultName): FaultPlan {
  return {
    name,
    nth: random.int(1, 3),
    how: random.pick(['reset', 'end']),
    coin: random.chance(0.5),
    ms: random.int(0, 400),
  };
}
