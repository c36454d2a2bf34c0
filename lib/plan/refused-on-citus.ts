import { MigrationError } from '../errors';
import type { Identifier } from '../sql/identifier';

/** A change that Citus refuses whatever its tables have. */
export interface RefusedOnCitus {
  readonly table: Identifier;
  readonly column?: Identifier | undefined;
  /** What it cannot do: `add an identity`. */
  readonly what: string;
  /** What to do instead. */
  readonly saferWay: string;
}

/** The error for the first change of a list that Citus refuses. */
export function refusedOnCitusError(org: string, { table, column, what, saferWay }: RefusedOnCitus): MigrationError {
  return new MigrationError(
    `Citus cannot ${what} to "${org}"."${table}", which it distributes. Nothing was changed. ${saferWay}`,
    { code: 'UNSUPPORTED_DATABASE', org, table, column },
  );
}
