import type { ChangeOptions } from 'tenant-ddl';

const nothing = (): void => undefined;

/** The page shows what the log would say. */
export const QUIET: ChangeOptions = { logger: { debug: nothing, info: nothing, warn: nothing, error: nothing } };

/** What this service lets nobody do to a table with rows, besides losing data, which is refused by default. */
export const REFUSED = { rewrite: 'refuse', notNullWithoutDefault: 'refuse' } as const;

export const OPTIONS: ChangeOptions = { ...QUIET, hazards: { ...REFUSED, dataLoss: 'refuse' } };
