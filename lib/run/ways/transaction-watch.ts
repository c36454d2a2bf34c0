import type { Knex } from 'knex';
import { MigrationError } from '../../errors';
import { classify, sqlStateOf } from '../failures/sql-states';
import { answersOn } from '../wire/answers';
import { ROLLBACK_OF_A_CHANGE } from '../wire/batch';
import type { Connection } from '../wire/send';

/** What knex and the driver reveal about a transaction, without asking the server. */
export interface TransactionWatch {
  /** The latest failure, other than the refusals that follow it. */
  readonly caught: () => unknown;
  /** Whether an error came from this transaction, and not from other work at the same time. */
  readonly isOwn: (error: unknown) => boolean;
  /** Whether a query has no answer yet; a stream never has one. */
  readonly unanswered: () => boolean;
  /** Whether a nested transaction has not ended. */
  readonly nestedOpen: () => boolean;
  /** How often the transaction may have been ended by SQL that is neither knex's nor ours. Infinite if it cannot be observed. */
  readonly unknownEnds: () => number;
  /** Whether something was rolled back while the transaction continued. */
  readonly undid: () => boolean;
  /** Whether something was committed, as far as was observed. */
  readonly committed: () => boolean;
  /** Whether the transaction was prepared for a COMMIT PREPARED. */
  readonly prepared: () => boolean;
  readonly lastEnd: () => 'COMMIT' | 'ROLLBACK' | undefined;
  /** To be called before the connection returns to the pool. */
  readonly stop: () => void;
}

interface KnexQuery {
  readonly sql: string;
  readonly __knexQueryUid?: string;
}

const NESTED_BEGIN = /^SAVEPOINT (trx\d+);$/;
const NESTED_END = /^(?:RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT) (trx\d+);?$/;
/** A statement of knex or the callback that does not end a transaction. */
const BACK_TO_SAVEPOINT = /^rollback to (?:savepoint )?[^\s;]+;?$/i;

/** @param trx the outermost transaction: knex's events bubble up to it */
export function watchTransaction(trx: Knex.Transaction, connection: Connection): TransactionWatch {
  const answers = answersOn(connection);
  const errors = new WeakSet<object>();
  const asked = new Set<string>();
  const nested = new Set<string>();
  let latest: unknown;
  // ROLLBACKs that are known to be to a savepoint: those of failed changes, and others.
  let [ours, others] = [0, 0];
  const count = (sql: string, by: 1 | -1): void => {
    if (sql.startsWith(ROLLBACK_OF_A_CHANGE)) ours += by;
    else if (BACK_TO_SAVEPOINT.test(sql)) others += by;
  };

  trx.on('query', ({ sql, __knexQueryUid }: KnexQuery) => {
    if (__knexQueryUid !== undefined) asked.add(__knexQueryUid);
    const [begun, ended] = [NESTED_BEGIN.exec(sql)?.[1], NESTED_END.exec(sql)?.[1]];
    if (begun !== undefined) nested.add(begun);
    if (ended !== undefined) nested.delete(ended);
    count(sql, 1);
  });
  trx.on('query-response', (_answer: unknown, { __knexQueryUid }: KnexQuery) => asked.delete(String(__knexQueryUid)));
  trx.on('query-error', (error: unknown, { sql, __knexQueryUid }: KnexQuery) => {
    asked.delete(String(__knexQueryUid));
    if (isObject(error)) errors.add(error);
    if (!isRefusal(error)) latest = error;
    count(sql, -1);
  });

  return {
    caught: () => latest,
    isOwn: (error) =>
      isObject(error) && (errors.has(error) || answers?.sent(error) === true || isLoss(error, connection)),
    unanswered: () => asked.size > 0,
    nestedOpen: () => nested.size > 0,
    unknownEnds: () => {
      if (answers === undefined) return Infinity;
      const { commits, rollbacks } = answers.ends();
      return commits + Math.max(0, rollbacks - ours - others);
    },
    undid: () => answers === undefined || answers.ends().rollbacks > ours,
    committed: () => answers?.committed() === true,
    prepared: () => answers?.prepared() === true,
    lastEnd: () => answers?.lastEnd(),
    stop: () => answers?.stop(),
  };
}

/** If a stream loses its connection, knex marks the connection but sends no event. */
function isLoss(error: object, connection: Connection): boolean {
  return (
    Boolean((connection as { readonly __knex__disposed?: unknown }).__knex__disposed) &&
    classify(error).code === 'CONNECTION_LOST'
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** 25P02, in_failed_sql_transaction: PostgreSQL refuses a statement because an earlier one failed. */
export function isRefusal(error: unknown): boolean {
  return (error instanceof MigrationError ? error.sqlState : sqlStateOf(error)) === '25P02';
}
