import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIBRARY_VERSION } from '../../../lib/rollout/library-version';
import { inOrder, type Target } from '../../../lib/rollout/targets';
import { LAST_PLACE, wavesOf } from '../../../lib/rollout/waves';
import type { Identifier } from '../../../lib/sql/identifier';

it('has the canary, the waves, and the rest', () => {
  expect(wavesOf(1, [10, 100])).toEqual([
    { number: 0, until: 1 },
    { number: 1, until: 11 },
    { number: 2, until: 111 },
    { number: 3, until: LAST_PLACE },
  ]);
  expect(wavesOf(0, [])).toEqual([{ number: 1, until: LAST_PLACE }]);
});

const targets: Target[] = Array.from({ length: 50 }, (_, index) => ({
  org: `t-${index}` as Identifier,
  own: undefined,
}));

it('orders the tenants by the seed alone, canaries first', () => {
  const orgs = (given: readonly Target[]): string[] => given.map(({ org }) => org);
  const ordered = orgs(inOrder(targets, 1, 7));
  expect(orgs(inOrder([...targets].reverse(), 1, 7))).toEqual(ordered);
  expect(orgs(inOrder(targets, 1, 8))).not.toEqual(ordered);
  expect(ordered).not.toEqual(orgs(targets));
  expect(
    orgs(inOrder(targets, ['t-40', 't-2'], 7))
      .slice(0, 2)
      .sort(),
  ).toEqual(['t-2', 't-40']);
});

it('writes down the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as { version: string };
  expect(LIBRARY_VERSION).toBe(version);
});
