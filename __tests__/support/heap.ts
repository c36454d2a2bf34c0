import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is left on the heap after a collection, in megabytes. */
export function heapMb(): number {
  // What only a weak map held goes with the second.
  collect();
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
