import { planChange } from '../../../lib';
import { heapMb } from '../../support/heap';

it('leaves nothing on the heap of twenty thousand different changes', () => {
  let last = 0;
  const plan = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      last += 1;
      const field = { name: `field_${last}`, type: 'String', default: 'x' } as const;
      planChange(`org-${last}`, { kind: 'createModel', table: `model_${last}`, fields: [field] });
    }
  };
  // Until nothing more is kept.
  plan(5000);
  const before = heapMb();
  plan(20_000);
  // A hundred bytes of each would be two.
  expect(heapMb() - before).toBeLessThan(1);
});
