import type { Knex } from 'knex';
import { STANDING } from '../wire/batch';
import { send, valueOf } from '../wire/send';
import type { TransactionIdentity } from '../wire/transaction-identity';

/** What a transaction holds when it is about to be committed. */
export interface Standing {
  /** Whether it is still the transaction that was begun. */
  readonly isSame: boolean;
  /** The marks of the changes that were not taken back. */
  readonly marks: ReadonlySet<string>;
}

/** One more question before COMMIT, asked only where SQL of others may have ended the transaction or taken a change back. */
export async function standingOf(trx: Knex, identity: TransactionIdentity): Promise<Standing> {
  const id = 'pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text';
  const answers = await send(trx, `select ${id} as tenant_ddl_current, ${STANDING} as tenant_ddl_standing`);
  const marks = valueOf(answers, 'tenant_ddl_standing') as string | null;
  return {
    isSame: valueOf(answers, 'tenant_ddl_current') === identity.transactionId,
    marks: new Set(marks?.split(' ')),
  };
}
