import { GUARD_STATES } from '../../sql/server-check';
import { MigrationError, type ErrorCode, type RetryScope } from '../../errors';
import { classifyInMemory, classifyInUse, sqlStateOf, type FailureClass } from './sql-states';
import type { Subject } from '../../plan/subject';
import { reasonOf, unlisted } from './advice';
import { heldBy, type Wait } from './held-lock';
import { inTheWay, outsideError, sharedReason, type InTheWay } from './in-the-way';
import { withoutValues } from './without-values';

/** The cause of a failure, and where it happened. */
export interface Failed extends FailureClass, Wait {
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  /** The operation in SQL, if a single change failed. */
  readonly operation?: string | undefined;
  /** How many rows are in the way, and how to find them, as sentences. */
  readonly rows?: string | undefined;
  /** What is there instead of a table: `a view`. */
  readonly kind?: string | undefined;
  /** What is missing: a table, or one of its columns, that the change refers to. */
  readonly target?: { readonly schema: string; readonly table: string; readonly column?: string } | undefined;
}

/** What happened, where, and what to do: for each code that the server's answer can mean. */
const MESSAGES: Readonly<Partial<Record<ErrorCode, (at: Named) => string>>> = {
  TENANT_NOT_FOUND: ({ org }) => `Schema "${org}" does not exist. Create it first: createTenant('${org}', db).`,
  TENANT_EXISTS: ({ org }) =>
    `Schema "${org}" already exists. Choose another org; if an earlier call created it for this tenant, there is nothing to do.`,
  MODEL_NOT_FOUND: ({ model, kind }) =>
    kind !== undefined
      ? `${model} is ${kind}, not a table. Nothing was changed. Change it with your own SQL, or correct the name.`
      : `There is no table ${model}. Create it with createModel, or correct the name.`,
  MODEL_EXISTS: ({ model }) =>
    `Something named ${model} already exists (tables, views and indexes share their names). Choose another name, or drop the existing one first.`,
  FIELD_NOT_FOUND: ({ column, model }) =>
    `Field "${column}" is not on ${model}. Compare the model's metadata with the table.`,
  FIELD_EXISTS: ({ column, model }) =>
    `Field "${column}" is already on ${model}. Choose another name, or drop the existing one first.`,
  REFERENCE_EXISTS: ({ model, column }) =>
    `${column === '' ? 'These columns' : `"${column}"`} of ${model} refer to something already. Nothing was changed. Drop that reference first (dropReference).`,
  REFERENCE_NOT_FOUND: ({ model, target, kind }) =>
    kind !== undefined
      ? `${model} refers to ${target}. Only a table can be referred to.`
      : `${model} refers to ${target}. Create it first, with a primary key or a unique constraint on exactly those columns.`,
  NOT_NULL_VIOLATION: ({ column, model, operation }) =>
    operation === 'ALTER COLUMN'
      ? `Rows in ${model} have no value for "${column}". A default applies only to new rows: fill these first (select * from ${model} where "${column}" is null).`
      : `${model} has rows, which would have no value for "${column}". Set a default, or add the field nullable and fill it first.`,
  CHECK_VIOLATION: ({ column, model }) =>
    column === ''
      ? `Rows in ${model} break a check. Nothing was changed. Correct these rows first.`
      : `Rows in ${model} break a check on "${column}", such as the values of an Enum. Nothing was changed. Correct these rows first (select "${column}", count(*) from ${model} group by 1).`,
  CONVERSION_FAILED: ({ org, column, model }) =>
    `${model} has rows with values in "${column}" that the new type cannot take. Nothing was changed. Correct these rows first; previewConversion('${org}', …) counts them.`,
  UNIQUE_VIOLATION: ({ model, column, operation }) =>
    `${model} has rows that violate the unique constraint. ${
      operation === 'ADD COLUMN'
        ? 'A unique field that is added to rows cannot have a constant default: add it without one, fill it, then make it unique.'
        : column === ''
          ? 'Correct these first.'
          : `Correct these first (select "${column}", count(*) from ${model} group by 1 having count(*) > 1).`
    }`,
  FOREIGN_KEY_VIOLATION: ({ model, operation }) =>
    operation === 'ADD CONSTRAINT'
      ? `Rows of ${model} refer to rows that do not exist. Nothing was changed. Correct these first.`
      : `${model} has rows that would refer to rows that do not exist. Correct these first, or add the field without a default.`,
  DEPENDENT_OBJECTS: ({ model, column, operation, dependents }) =>
    dependents.shared
      ? sharedReason(`"${column}" of ${model}`, dependents)
      : operation === 'ALTER COLUMN'
        ? `Other objects use "${column}" of ${model}: ${dependents.names}. Nothing was changed. Drop these first, and create them again afterwards.`
        : `Other objects depend on what would be dropped from ${model}: ${dependents.names}. Nothing was changed. Drop these first.`,
  LOCK_TIMEOUT: ({ held }) =>
    `Another transaction ${held} for longer than lockTimeoutMs. Nothing was changed. Try again once it has ended.`,
  STATEMENT_TIMEOUT: ({ model }) =>
    `The change of ${model} took longer than statementTimeoutMs, or was cancelled. Nothing was changed. Raise statementTimeoutMs, or change the table when it is less used.`,
  DEADLOCK: ({ model }) =>
    `The change of ${model} and another transaction waited for each other. Nothing was changed. Run the whole transaction again.`,
  CONNECTION_LOST: ({ reason, retryScope }) =>
    retryScope === 'none'
      ? `The connection to PostgreSQL was refused${reason}. Correct the settings of the connection, or of the pooler.`
      : `The connection to PostgreSQL was lost, or could not be made${reason}. Run the whole transaction again.`,
  READ_ONLY_SERVER: ({ model, reason }) =>
    `${model} cannot be changed over this connection${reason}. The server is a standby, or the session is read-only. Nothing was changed. Connect to the primary.`,
  POOL_TIMEOUT: () =>
    "knex's pool had no connection to give within acquireConnectionTimeout, and nothing was changed. Make the pool larger, hold connections for less time, or use the transaction that you have: a call with the Knex inside a transaction needs a second connection.",
  TOO_MANY_LOCKS: () =>
    'The server ran out of lock slots or memory (max_locks_per_transaction). Nothing was changed. Change fewer tables in one transaction.',
  TOO_MANY_COLUMNS: ({ model }) =>
    `${model} has used up its 1,600 columns, including dropped ones. Nothing was changed. Copy it to a new table, or put the field on another one.`,
  INDEX_EXISTS: ({ org, taken }) =>
    `Something named "${taken}" already exists in schema "${org}" (tables, views and indexes share their names). Choose another name for the index, or drop the existing one first.`,
  PERMISSION_DENIED: ({ org, model, operation, reason }) =>
    operation === 'CREATE SCHEMA'
      ? `The database role may not create schema "${org}"${reason}. Grant it CREATE on the database, or connect as a role that has it.`
      : `The database role may not change ${model}${reason}. It has to own the table, and needs REFERENCES on each referenced table. Connect as the owner of schema "${org}", or grant it CREATE there.`,
  INVALID_SPEC: ({ column, model, operation }) =>
    operation === 'ALTER COLUMN'
      ? `The new type or default of "${column}" does not fit the rest of ${model}. Nothing was changed. Pass a new default with a new type, or null for none; a field that refers to another must have the same type.`
      : `A foreign key of ${model} and the column that it refers to have incompatible types. Give the field the type of that column.`,
};

interface Named {
  readonly org: string;
  readonly operation: string | undefined;
  /** `"acme-corp"."invoice"`, or the schema if no table is concerned. */
  readonly model: string;
  readonly column: string;
  /** The server's own message in brackets, if there is one. */
  readonly reason: string;
  readonly kind: string | undefined;
  /** What another transaction was doing. */
  readonly held: string;
  /** The missing target of a reference. */
  readonly target: string;
  /** The name of an index that is taken. */
  readonly taken: string;
  /** The objects in the way of a drop. */
  readonly dependents: InTheWay;
  readonly retryScope: RetryScope;
}

/** The MigrationError for an error of the database. */
export function explained(given: unknown, failed: Failed): MigrationError {
  if (given instanceof MigrationError) return given;
  const error = withoutValues(given);
  const { code, org, table, column, retryScope, blockedBy } = failed;
  const dependents = inTheWay(error, org);
  const model = table === undefined ? `schema "${org}"` : `"${org}"."${table}"`;
  const named = {
    org,
    operation: failed.operation,
    kind: failed.kind,
    held: heldBy(failed, model),
    model,
    column: column ?? '',
    reason: error === undefined ? '' : ` (${reasonOf(error).replace(/\.$/, '')})`,
    target: targetOf(failed),
    taken: failed.target?.table ?? '',
    dependents,
    retryScope,
  };
  const isGuard = sqlStateOf(error) === GUARD_STATES.default;
  if (sqlStateOf(error) === GUARD_STATES.outside) return outsideError(error, org);
  const message = isGuard
    ? `${reasonOf(error)}. Nothing was changed. Pass the field's type: { from: { type, … } }.`
    : SAID_BY_GUARD.includes(sqlStateOf(error))
      ? `${reasonOf(error)}. Nothing was changed.`
      : (MESSAGES[code]?.(named) ?? unlisted(error, model, failed.operation));
  return new MigrationError(failed.rows === undefined ? message : `${message} ${failed.rows}`, {
    code,
    org,
    table,
    column,
    retryScope,
    sqlState: sqlStateOf(error),
    blockedBy: WAITS.includes(code) && blockedBy?.length ? blockedBy : undefined,
    dependents: code === 'DEPENDENT_OBJECTS' ? dependents.all : undefined,
    cause: error,
  });
}

/** Guards whose message is complete. */
const SAID_BY_GUARD: readonly (string | undefined)[] = [
  GUARD_STATES.spec,
  GUARD_STATES.indexExists,
  GUARD_STATES.identity,
  GUARD_STATES.reference,
  GUARD_STATES.referenceExists,
];

/** The codes that a session in the way can lead to. */
const WAITS: readonly ErrorCode[] = ['LOCK_TIMEOUT', 'DEADLOCK', 'STATEMENT_TIMEOUT'];

function targetOf({ target, kind }: Failed): string {
  if (target !== undefined && kind !== undefined) return `"${target.schema}"."${target.table}", which is ${kind}`;
  if (target === undefined) return 'columns without a primary key or unique constraint';
  const table = `"${target.schema}"."${target.table}"`;
  return target.column === undefined
    ? `${table}, which does not exist`
    : `"${target.column}" of ${table}, which does not exist`;
}

/** A failure whose cause is known without the catalog. */
export function failureAt(error: unknown, org: string, table?: string, column?: string): Failed {
  return { ...classifyInUse(error), org, table, column };
}

/** The same for pg-mem, where only the message tells the cause. */
export function explainedInMemory(error: unknown, org: string, subjects: readonly Subject[]): MigrationError {
  const { code, retryScope } = classifyInMemory(error);
  const subject = subjects.length === 1 ? subjects[0] : undefined;
  const field = subject?.fields.length === 1 ? subject.fields[0] : undefined;
  const table = code.startsWith('TENANT_') ? undefined : subject?.table;
  const named = /"([^"]*)"|schema not found: (\S+)/.exec(reasonOf(error));
  const name = named?.[1] ?? named?.[2];
  const isOwnField = subject?.fields.some((own) => own === name) === true;
  const column = ABOUT_A_FIELD.includes(code) ? (isOwnField ? name : field) : undefined;
  if (code === 'MODEL_NOT_FOUND' && subject?.message === 'DROP INDEX' && name !== subject.table) {
    return explained(error, { code: 'INDEX_NOT_FOUND', retryScope, org, table });
  }
  if (name !== undefined && isAnothers(code, name, org, subject)) {
    const target = code === 'FIELD_NOT_FOUND' ? undefined : { schema: org, table: name };
    return explained(error, {
      code: 'REFERENCE_NOT_FOUND',
      retryScope,
      org,
      table: subject?.table,
      column: field,
      target,
    });
  }
  return explained(error, { code, retryScope, org, table, column });
}

const ABOUT_A_FIELD: readonly ErrorCode[] = [
  'FIELD_EXISTS',
  'FIELD_NOT_FOUND',
  'NOT_NULL_VIOLATION',
  'UNIQUE_VIOLATION',
];

/** Missing, and not part of the change itself: so it is the target of a reference. */
function isAnothers(code: ErrorCode, name: string, org: string, subject: Subject | undefined): boolean {
  if (code === 'TENANT_NOT_FOUND') return name !== org;
  if (code === 'MODEL_NOT_FOUND') return subject?.table !== undefined && name !== subject.table;
  if (code !== 'FIELD_NOT_FOUND' || subject === undefined) return false;
  return !subject.expectations.some((expected) => expected.code === code && expected.column === name);
}
