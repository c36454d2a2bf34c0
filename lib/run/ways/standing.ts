import type { Knex } from 'knex';
import { STANDING } from '../wire/batch';
import { send, valueOf } from '../wire/send';
import type { TransactionIdentity } from '../wire/transaction-identity';

/** The state of a transaction that is about to be committed. */
export interface Standing {
  /** Whether it is still the same transaction. */
  readonly isSame: boolean;
  /** The marks of the changes that were not rolled back. */
  readonly marks: ReadonlySet<string>;
}

/** A question before COMMIT, asked only if SQL of the callback may have ended the transaction or rolled back a change. */
export async function standingOf(trx: Knex, identity: TransactionIdentity): Promise<Standing> {
  const id = 'pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text';
  const answers = await send(trx, `select ${id} as tenant_ddl_current, ${STANDING} as tenant_ddl_standing`);
  const marks = valueOf(answers, 'tenant_ddl_standing') as string | null;
  return {
    isSame: valueOf(answers, 'tenant_ddl_current') === identity.transactionId,
    marks: new Set(marks?.split(' ')),
  };
}
