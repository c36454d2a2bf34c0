// The harness has to be able to turn red: each promise that is broken has its words.
import { MigrationError } from '../../../lib';
import type { ErrorCode } from '../../../lib';
import { wrongIn } from '../../chaos/invariants';
import type { Outcome } from '../../chaos/task';
import type { TaskPlan } from '../../chaos/task-plan';
import type { Found } from '../../chaos/tenants';

const task: TaskPlan = {
  id: 't',
  org: 'acme',
  service: 0,
  mode: 'withTenant',
  change: 'addField',
  references: [],
  swallows: 'nothing',
  failsFirst: false,
  givesUp: false,
  maxAttempts: 1,
  startMs: 0,
};
const success: Outcome = {
  task,
  told: 'success',
  error: undefined,
  changed: true,
  attempts: 1,
  logged: 1,
  violations: [],
};
const failed = (code: ErrorCode): Outcome => {
  return { ...success, told: 'failure', error: new MigrationError('', { code }), changed: false, logged: 0 };
};
const doubt: Outcome = { ...success, task: { ...task, mode: 'callers transaction' }, told: 'doubt' };
const all: Found = { applied: true, metadata: 1, notes: 1 };
const nothing: Found = { applied: false, metadata: 0, notes: 0 };

it.each<[string, Outcome, Found]>([
  ['success, and all is there', success, all],
  ['failure, and nothing is there', failed('LOCK_TIMEOUT'), nothing],
  [
    'a change whose error was swallowed, and the rest is there',
    { ...success, changed: false, logged: 0 },
    { ...nothing, notes: 1 },
  ],
  ["a caller's own doubt, and all is there", doubt, all],
  ["a caller's own doubt, and nothing is there", doubt, nothing],
  [
    'a field dropped with its metadata',
    { ...success, task: { ...task, change: 'dropField' } },
    { ...all, metadata: 0 },
  ],
])('finds nothing wrong in %s', (_what, outcome, found) => {
  expect(wrongIn(outcome, found)).toEqual([]);
});

it.each([
  ['all', all],
  ['nothing', nothing],
])('finds nothing wrong in an outcome that a crashed server cannot know, and %s is there', (_what, found) => {
  expect(wrongIn({ ...failed('OUTCOME_UNKNOWN'), changed: true }, found, { forgets: true })).toEqual([]);
});

it.each<[RegExp, string, Outcome, Found]>([
  [/should be there/, 'success, and nothing is there', success, nothing],
  [/should not be there/, 'failure, and all is there', failed('CONNECTION_LOST'), all],
  [/1 row\(s\) of metadata/, 'metadata written twice', success, { ...all, metadata: 2 }],
  [/1 row\(s\) of metadata/, 'a field without its metadata', success, { ...all, metadata: 0 }],
  [/0 row\(s\) of metadata/, 'metadata without its field', failed('DEADLOCK'), { ...nothing, metadata: 1 }],
  [/row\(s\) of metadata/, "half of a caller's transaction", doubt, { ...all, metadata: 0 }],
  [/1 note\(s\)/, 'a later statement that is lost', success, { ...all, notes: 0 }],
  [/0 note\(s\)/, 'a later statement that outlives its transaction', failed('LOCK_TIMEOUT'), { ...nothing, notes: 1 }],
  [/could have said/, 'an outcome that could have been known', failed('OUTCOME_UNKNOWN'), nothing],
  [
    /told as success/,
    'a rollback told as success',
    { ...success, task: { ...task, swallows: 'a statement' } },
    nothing,
  ],
  [
    /left the transaction unusable/,
    'a transaction that a failed change spoiled',
    { ...failed('DATABASE_ERROR'), error: Object.assign(new Error(), { code: '25P02' }) },
    nothing,
  ],
  [/nobody recognised/, 'a fault that has no name', failed('DATABASE_ERROR'), nothing],
  [/log says 1 times/, 'a log of what did not happen', { ...failed('LOCK_TIMEOUT'), logged: 1 }, nothing],
  [
    /not a MigrationError/,
    "a driver's error from a bare Knex",
    { ...failed('LOCK_TIMEOUT'), task: { ...task, mode: 'bare Knex' }, error: new Error('driver') },
    nothing,
  ],
])('says %s of %s', (words, _what, outcome, found) => {
  expect(wrongIn(outcome, found).join('\n')).toMatch(words);
});
