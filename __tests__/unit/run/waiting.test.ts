import { getEventListeners } from 'node:events';
import { slept } from '../../../lib/run/waiting';

const warnings: string[] = [];
const hear = ({ name }: Error): void => void warnings.push(name);

beforeEach(() => {
  warnings.length = 0;
  process.on('warning', hear);
});

afterEach(() => process.off('warning', hear));

it('shares one listener among all that wait with a signal, and leaves none', async () => {
  const { signal } = new AbortController();
  const waits = Array.from({ length: 40 }, (_, index) => slept(index, signal));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  expect(await Promise.all(waits)).toEqual(Array(40).fill(true));
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(warnings).toEqual([]);
});

it('ends every wait at once when the signal is aborted', async () => {
  const controller = new AbortController();
  const waits = Array.from({ length: 12 }, () => slept(300_000, controller.signal));
  controller.abort();
  expect(await Promise.all(waits)).toEqual(Array(12).fill(false));
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  expect(await slept(300_000, controller.signal)).toBe(false);
});

it('waits with one signal again after all earlier waits have ended', async () => {
  const controller = new AbortController();
  await slept(1, controller.signal);
  const wait = slept(300_000, controller.signal);
  controller.abort();
  expect(await wait).toBe(false);
});
