import type { Knex } from 'knex';

/** The transaction that a nested one, at any depth, is part of. */
export function outermost(trx: Knex): Knex {
  const { parentTransaction } = trx as { readonly parentTransaction?: Knex };
  return parentTransaction === undefined ? trx : outermost(parentTransaction);
}
