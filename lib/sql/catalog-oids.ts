/** The oids of catalogs: the same in every database, and no name to look up. */
export const PG_CLASS = 1259;
export const PG_ATTRDEF = 2604;
export const PG_CONSTRAINT = 2606;
