import { isOneOf } from './qualified-sql';

/** At these levels, the catalog is seen as it was before the turn and the table's lock. */
export const OLDER_SNAPSHOT = isOneOf(`pg_catalog.current_setting('transaction_isolation')`, 'text', [
  `'repeatable read'`,
  `'serializable'`,
]);
