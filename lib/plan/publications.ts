import { EQ } from '../sql/qualified-sql';

/** Whether a publication sends the updates or deletes of a table, for which it has to identify the rows. */
export function isPublished(table: string): string {
  return `exists (
          select from pg_catalog.pg_publication p where (p.pubupdate or p.pubdelete) and (p.puballtables or exists (
            select from pg_catalog.pg_get_publication_tables(p.pubname::pg_catalog.text) t where t.relid ${EQ} ${table})))`;
}
