import type { ChangeOptions } from '../lib';

export const ORG = 'acme-corp';

/** For what the demo does around its story. */
export const QUIET: ChangeOptions = {
  logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
};
