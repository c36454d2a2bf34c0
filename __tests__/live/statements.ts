// What a client sends: each statement as a simple query, and as a prepared one with a name.
import type { QueryConfig } from 'pg';
import { TABLE, type Row } from './tables';

export interface Statements {
  read(id: number): QueryConfig;
  /** @param nulled a field that is set to NULL beside the others */
  update(id: number, row: Row, nulled: string | undefined): QueryConfig;
  insert(id: number, row: Row, nulled: string | undefined): QueryConfig;
  delete(id: number): QueryConfig;
  hit(id: number): QueryConfig;
}

type Value = string | number | null;

/** Without values, pg sends a simple query, which the server does not prepare. */
export const SIMPLE = statementsBy((text, values) => ({
  text: text.replace(/\$(\d+)/g, (_all, at) => constant(values[Number(at) - 1] as Value)),
}));

/** @param generation in the names: a client takes another one when a statement was prepared for a type that is gone */
export function prepared(generation: number): Statements {
  return statementsBy((text, values, name) => ({ name: `${name} ${generation}`, text, values: [...values] }));
}

/** Of what the clients write: no text has a quote. */
function constant(value: Value): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function statementsBy(queryOf: (text: string, values: readonly Value[], name: string) => QueryConfig): Statements {
  const values = (id: number, { code, status, customer_id, amount, kind }: Row): readonly Value[] => [
    id,
    code,
    status,
    customer_id,
    amount,
    kind,
  ];
  return {
    read: (id) =>
      queryOf(`select id, code, status, customer_id, amount, kind from ${TABLE} where id = $1`, [id], 'read'),
    update: (id, row, nulled) => {
      const also = nulled === undefined ? '' : `, ${nulled} = null`;
      return queryOf(
        `update ${TABLE} set code = $2, status = $3, customer_id = $4, amount = $5, kind = $6${also} where id = $1 returning id, amount`,
        values(id, row),
        `update${also}`,
      );
    },
    insert: (id, row, nulled) => {
      const [also, value] = nulled === undefined ? ['', ''] : [`, ${nulled}`, ', null'];
      return queryOf(
        `insert into ${TABLE} (id, code, status, customer_id, amount, kind${also}) values ($1, $2, $3, $4, $5, $6${value}) returning id`,
        values(id, row),
        `insert${also}`,
      );
    },
    delete: (id) => queryOf(`delete from ${TABLE} where id = $1 returning id`, [id], 'delete'),
    hit: (id) => queryOf(`update ${TABLE} set hits = hits + 1 where id = $1 returning id`, [id], 'hit'),
  };
}
