import { qualified, type Identifier } from './identifier';
import { literal } from './literal';

/** The oids of catalogs: the same in every database, so no name has to be looked up. */
export const PG_CLASS = 1259;
export const PG_ATTRDEF = 2604;
export const PG_CONSTRAINT = 2606;

/** The oid of a table, or null if there is none: by its whole name, whatever the search_path is. */
export function tableOid(org: Identifier, table: Identifier): string {
  return `pg_catalog.to_regclass(${literal(qualified(org, table))})`;
}
