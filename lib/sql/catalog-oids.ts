/** The oids of catalogs: the same in every database, so no name has to be looked up. */
export const PG_CLASS = 1259;
export const PG_ATTRDEF = 2604;
export const PG_CONSTRAINT = 2606;
