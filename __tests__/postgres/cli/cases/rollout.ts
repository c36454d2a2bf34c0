// What the commands of rollouts end with.
import type { Case } from '../../../support/cli-cases';

const START = 'rollout start status.json --name r --orgs-like t-%';
/** Begun, and interrupted before the first tenant. */
const PENDING = `${START} --interrupted`;
const TAKEN = 'alter table "t-1".invoice add status int';

export const ROLLOUT_CASES: readonly Case[] = [
  {
    args: 'rollout start status.json --name r --orgs-like t-%',
    code: 0,
    stdout: /is finished\n {2}targets {2}3\n {2}done +3\n/,
    changed: ['t-0', 't-1', 't-2'],
  },
  {
    args: 'rollout start status.json --name r --orgs-like t-% --canary 0',
    before: `alter table "t-1".invoice add status int`,
    code: 3,
    stdout: /done +2\n {2}failed +1\nfailures\n {2}1 {2}FIELD_EXISTS ADD COLUMN invoice {2}in t-1\n$/,
  },
  {
    args: 'rollout start status.json --name r --org t-0',
    code: 130,
    given: { signal: AbortSignal.abort() },
    stdout: /pending +1/,
    changed: [],
  },
  {
    args: 'rollout start status.json --name r --orgs-like t-% --online',
    code: 0,
    stdout: /done +3\n/,
    changed: ['t-0', 't-1', 't-2'],
  },
  { args: 'rollout start status.json --name r --org t-0 --online some', code: 64, stderr: /whole number/ },
  { args: 'rollout start drop.json --name r --orgs-like t-%', code: 64, stderr: /in 3 tenants/ },
  { args: 'rollout start status.json --orgs-like t-%', code: 64, stderr: /required option '--name <name>'/ },
  { args: 'rollout start status.json --name r', code: 64, stderr: /^No tenant/ },
  { args: 'rollout start status.json --name r --org t-0 --waves 1,x', code: 64, stderr: /whole number/ },
  { args: 'rollout start status.json --name r --org t-0 --waves 0', code: 64, stderr: /^--waves: must be a list/ },
  { args: 'rollout start faulty.json --name r --org t-0', code: 1, stderr: /^faulty\.json:4: / },
  { args: 'rollout retry status.json --name none', code: 1, stderr: /no rollout "none"/ },
  { args: 'rollout start --name none', code: 1, stderr: /the ledger has none to continue/ },
  { args: 'rollout start --name r --org t-0', code: 64, stderr: /^Tenants come with their changes/ },
  { args: 'rollout retry --name none', code: 1, stderr: /the ledger has none to continue/ },
  { args: 'rollout status none', code: 1, stderr: /no rollout "none"/ },
  { args: 'rollout pause none', code: 1, stderr: /no rollout "none"/ },
  { args: 'rollout resume none', code: 1, stderr: /no rollout "none"/ },
  { args: 'rollout status r', first: [START], code: 0, stdout: /^rollout "r" is finished\n/ },
  { args: 'rollout status r', first: [PENDING], code: 2, stdout: /pending +3\n/ },
  {
    args: 'rollout status r',
    before: TAKEN,
    first: [`${START} --canary 0`],
    code: 3,
    stdout: /failed +1\n/,
  },
  { args: 'rollout pause r', first: [PENDING], code: 0, stdout: /^rollout "r" is paused\n/ },
  { args: 'rollout pause', code: 64, stderr: /missing required argument 'name'/ },
  { args: 'rollout resume r', first: [PENDING, 'rollout pause r'], code: 0, stdout: /^rollout "r" is running\n/ },
  { args: 'rollout resume', code: 64, stderr: /missing required argument 'name'/ },
  { args: 'rollout retry --name r', first: [START], code: 0, stdout: /^rollout "r" is finished\n/ },
  { args: 'rollout retry --name r', before: TAKEN, first: [`${START} --canary 0`], code: 3, stdout: /failed +1\n/ },
  { args: 'rollout retry', code: 64, stderr: /required option '--name <name>'/ },
  {
    args: 'rollout retry --name r',
    before: TAKEN,
    first: [`${START} --canary 0`],
    code: 130,
    stdout: /pending +1\n/,
    given: { signal: AbortSignal.abort() },
  },
  { args: `${START} --trial 3`, before: TAKEN, code: 2, stdout: /pending +3\n/, stderr: /The trial failed\. Nothing/ },
  { args: 'rollout status', code: 64, stderr: /missing required argument 'name'/ },
];
