// What the clients believe is in the table: written down when an answer has come, compared at every read and at the end.
import type { Knex } from 'knex';
import { HOT_ROWS, IS_AS_IT_WAS, rowOf, TABLE, type Row } from './tables';

export interface Book {
  /** What a client has committed: a row, or that it is gone. */
  wrote(id: number, row: Row | 'deleted'): void;
  hit(): void;
  knows(id: number): Row | undefined;
  /** Compares what a client has read of a row that only it writes. */
  read(id: number, found: Readonly<Record<string, unknown>> | undefined): void;
  /** Compares the whole table. @param filled the field that is filled by the change */
  compare(db: Knex, filled: string | undefined): Promise<readonly string[]>;
}

const COMPARED = ['code', 'status', 'customer_id', 'amount', 'kind'] as const;

/** @param rows with which the table began, keys from 1 */
export function newBook(rows: number): Book {
  const written = new Map<number, Row | 'deleted'>();
  const wrong: string[] = [];
  let [hits, inserted, deleted] = [0, 0, 0];

  const knows = (id: number): Row | undefined => {
    const row = written.get(id) ?? (id <= rows ? rowOf(id) : 'deleted');
    return row === 'deleted' ? undefined : row;
  };
  const read: Book['read'] = (id, found) => {
    const row = knows(id);
    if ((row === undefined) !== (found === undefined)) wrong.push(`row ${id} is ${found ? 'there' : 'not there'}`);
    if (row === undefined || found === undefined) return;
    // A BigInt comes as a text.
    const differs = COMPARED.filter((column) => String(found[column]) !== String(row[column]));
    for (const column of differs) {
      wrong.push(`"${column}" of row ${id} is ${String(found[column])}, and ${String(row[column])} was written`);
    }
  };
  return {
    knows,
    read,
    wrote: (id, row) => {
      if (row === 'deleted') deleted += 1;
      else if (knows(id) === undefined) inserted += 1;
      written.set(id, row);
    },
    hit: () => void (hits += 1),
    compare: async (db, filled) => {
      const ids = [...written.keys()];
      const touched = `${TABLE} i left join (select unnest(cast(:ids as bigint[])) as id) w on w.id = i.id`;
      const { rows: found } = await db.raw(`select i.* from ${touched} where w.id is not null`, { ids });
      const byId = new Map((found as { id: number | string }[]).map((row) => [Number(row.id), row]));
      for (const id of ids) read(id, byId.get(id));
      const { rows: counted } = await db.raw(
        `select count(*)::int as rows, sum(hits)::int as hits,
           (count(*) filter (where w.id is null and (${IS_AS_IT_WAS}) is not true))::int as changed,
           (count(*) filter (where i.id > ${HOT_ROWS} and hits <> 0))::int as hit from ${touched}`,
        { ids },
      );
      const expected = { rows: rows + inserted - deleted, hits, changed: 0, hit: 0 };
      for (const [name, value] of Object.entries(expected)) {
        if (counted[0][name] !== value) wrong.push(`${name}: ${counted[0][name]} instead of ${value}`);
      }
      const nulled = [...written].flatMap(([id, row]) => (row !== 'deleted' && row.isNulled ? [id] : []));
      if (filled !== undefined) wrong.push(...(await unfilled(db, filled, nulled)));
      return wrong;
    },
  };
}

/** Each NULL that a client wrote is there and no other, and each other row has a random uuid of its own. */
async function unfilled(db: Knex, column: string, nulled: readonly number[]): Promise<readonly string[]> {
  const { rows } = await db.raw(
    `with nulled as (select unnest(cast(:nulled as bigint[])) as id)
     select (count(*) filter (where i.:column: is null and n.id is null))::int as "NULLs that nobody wrote",
       (count(*) filter (where i.:column: is not null and n.id is not null))::int as "NULLs that are gone",
       (count(*) filter (where substr(i.:column:::text, 15, 1) <> '4'))::int as "placeholders that are left",
       (count(i.:column:) - count(distinct i.:column:))::int as "values that occur twice"
     from ${TABLE} i left join nulled n on n.id = i.id`,
    { nulled, column },
  );
  return Object.entries(rows[0] as Record<string, number>).flatMap(([what, n]) => (n === 0 ? [] : [`${n} ${what}`]));
}
