import type { Fault } from '../errors';
import { BOUNDS } from './bounds';

/** A line for each fault, up to a number of them. `root` names what has no path. */
export function faultLines(faults: readonly Fault[], root = ''): readonly string[] {
  const lines = faults.slice(0, BOUNDS.faults).map(({ path, message }) => {
    const place = path === '' ? root : path;
    return place === '' ? message : `${place}: ${message}`;
  });
  return faults.length > BOUNDS.faults ? [...lines, `… and more: these are the first ${BOUNDS.faults} faults`] : lines;
}
