import type { Random } from './random';

export const ORGS = ['chaos-acme', 'chaos-globex'] as const;
export const SERVICES = 2;

const MODES = ['withTenant', 'callers transaction', 'bare Knex'] as const;
const CHANGES = ['createModel', 'addField', 'dropField', 'rows only'] as const;

/** What a callback makes of an error: lets it pass, or swallows that of the change or of a statement of its own. */
const SWALLOWS = ['nothing', 'the change', 'a statement'] as const;

export type Mode = (typeof MODES)[number];
export type ChangeKind = (typeof CHANGES)[number];

/** What one caller does in a round. */
export interface TaskPlan {
  /** In the name of all that it makes. */
  readonly id: string;
  readonly org: string;
  readonly service: number;
  readonly mode: Mode;
  readonly change: ChangeKind;
  /** What a new model or field refers to. */
  readonly references: readonly ('anchor_a' | 'anchor_b')[];
  readonly swallows: (typeof SWALLOWS)[number];
  /** A change that must fail goes before the real one, and its error is swallowed. */
  readonly failsFirst: boolean;
  /** Throws after all is done, so that all is undone. */
  readonly givesUp: boolean;
  readonly maxAttempts: number;
  readonly startMs: number;
}

/** Any task; not each makes sense. */
export function taskOf(random: Random, id: string): TaskPlan {
  return {
    id,
    org: random.pick(ORGS),
    service: random.int(0, SERVICES - 1),
    mode: random.pick([...MODES, 'withTenant']),
    change: random.pick([...CHANGES, 'createModel', 'addField', 'addField']),
    references: random.pick([[], ['anchor_a'], ['anchor_b', 'anchor_a'], ['anchor_a', 'anchor_b']] as const),
    swallows: random.chance(0.3) ? random.pick(SWALLOWS) : 'nothing',
    failsFirst: random.chance(0.15),
    givesUp: random.chance(0.1),
    maxAttempts: random.pick([1, 4, 40, 40]),
    startMs: random.int(0, 15),
  };
}

/** A bare Knex has no callback; and only withTenant promises anything of an error swallowed in a transaction. */
export function sensible(task: TaskPlan): TaskPlan {
  if (task.mode === 'bare Knex') {
    const change = task.change === 'rows only' ? 'addField' : task.change;
    return { ...task, change, swallows: 'nothing', failsFirst: false, givesUp: false };
  }
  if (task.mode === 'callers transaction' && task.swallows === 'a statement')
    return { ...task, swallows: 'the change' };
  return task;
}
