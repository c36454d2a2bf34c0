import { GUARD_STATES } from '../../sql/server-check';
import { MigrationError, type ErrorCode, type RetryScope } from '../../errors';
import { classifyInUse, sqlStateOf, type FailureClass } from './sql-states';
import { correctAlike, type FailurePlace } from '../../plan/advice';
import type { Subject } from '../../plan/subject';
import { reasonOf, unlisted } from './advice';
import { heldBy, type Wait } from './held-lock';
import { inTheWay, outsideError, sharedReason, type InTheWay } from './in-the-way';
import { errorWithoutValues } from './without-values';

/** The cause of a failure, and where it happened. */
export interface Diagnosis extends FailureClass, Wait {
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  /** What its operation says of the failure, if a single change failed. */
  readonly subject?: Pick<Subject, 'advice' | 'buildsIndex'> | undefined;
  /** How many rows are in the way, and how to find them, as sentences. */
  readonly rows?: string | undefined;
  /** What is there instead of a table: `a view`. */
  readonly kind?: string | undefined;
  /** What is in the way, if the error does not name it. */
  readonly dependents?: readonly string[];
  /** The whole message, if it depends on more than the code. */
  readonly message?: (at: MessageParts) => string;
  /** What is missing: a table, or one of its columns, that the change refers to. */
  readonly target?: { readonly schema: string; readonly table: string; readonly column?: string } | undefined;
}

/** What happened, where, and what to do: for each code that the server's answer can mean. */
const MESSAGES: Readonly<Partial<Record<ErrorCode, (at: MessageParts) => string>>> = {
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
    `${model} already has a foreign key over ${column === '' ? 'these columns' : `"${column}"`}, or a constraint of its name. Nothing was changed. Drop it first (dropReference).`,
  REFERENCE_NOT_FOUND: ({ model, target, kind }) =>
    kind !== undefined
      ? `${model} refers to ${target}. Only a table can be referred to.`
      : `${model} refers to ${target}. Create it first, with a primary key or a unique constraint on exactly those columns.`,
  NOT_NULL_VIOLATION: ({ column, model }) =>
    `${model} has rows, which would have no value for "${column}". Set a default, or add the field nullable and fill it first.`,
  CHECK_VIOLATION: ({ column, model }) =>
    column === ''
      ? `Rows in ${model} break a check. Nothing was changed. Correct these rows first.`
      : `Rows in ${model} break a check on "${column}", such as the values of an Enum. Nothing was changed. Correct these rows first (select "${column}", count(*) from ${model} group by 1).`,
  CONVERSION_FAILED: ({ org, column, model }) =>
    `${model} has rows with values in "${column}" that the new type cannot take. Nothing was changed. Correct these rows first; previewConversion('${org}', …) counts them.`,
  UNIQUE_VIOLATION: (at) => `${at.model} has rows that violate the unique constraint. ${correctAlike(at)}`,
  FOREIGN_KEY_VIOLATION: ({ model }) =>
    `${model} has rows that would refer to rows that do not exist. Correct these first, or add the field without a default.`,
  DEPENDENT_OBJECTS: ({ model, dependents }) =>
    `Other objects depend on what would be dropped from ${model}: ${dependents}. Nothing was changed. Drop these first.`,
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
  PERMISSION_DENIED: ({ model, org, reason }) =>
    `The database role may not change ${model}${reason}. It has to own the table, and needs REFERENCES on each referenced table. Connect as the owner of schema "${org}", or grant it CREATE there.`,
  INVALID_SPEC: ({ model, reason }) =>
    `PostgreSQL refused the change of ${model}: its types do not fit each other${reason}. Nothing was changed. Correct the spec.`,
};

interface MessageParts extends FailurePlace {
  readonly kind: string | undefined;
  /** What another transaction did that was waited for. */
  readonly held: string;
  /** What is referred to and is not there. */
  readonly target: string;
  /** The name of an index that cannot be had. */
  readonly taken: string;
  readonly retryScope: RetryScope;
}

/** The MigrationError for an error of the database. */
export function explainedError(given: unknown, failed: Diagnosis): MigrationError {
  if (given instanceof MigrationError) return given;
  const error = errorWithoutValues(given);
  const { code, org, table, column, retryScope, blockedBy } = failed;
  const dependents = inTheWay(error, org, failed.dependents);
  // The tables of rollouts, and of many tenants at once, are of no org.
  const schema = org === '' ? 'this database' : `schema "${org}"`;
  const model = table === undefined ? schema : `"${org}"."${table}"`;
  const named = {
    org,
    kind: failed.kind,
    held: heldBy(failed, model),
    model,
    column: column ?? '',
    reason: error === undefined ? '' : ` (${reasonOf(error).replace(/\.$/, '')})`,
    target: targetOf(failed),
    taken: failed.target?.table ?? '',
    dependents: dependents.names,
    retryScope,
  };
  if (sqlStateOf(error) === GUARD_STATES.left) return leftError(error, failed, dependents, named);
  const isGuard = sqlStateOf(error) === GUARD_STATES.default;
  if (sqlStateOf(error) === GUARD_STATES.outside) return outsideError(error, org);
  const message = isGuard
    ? `${reasonOf(error)}. Nothing was changed. Pass the field's type: { from: { type, … } }.`
    : SAID_BY_GUARD.includes(sqlStateOf(error))
      ? `${reasonOf(error)}. Nothing was changed.`
      : dependents.shared
        ? sharedReason(`"${named.column}" of ${model}`, dependents)
        : ((failed.message ?? failed.subject?.advice?.[code] ?? MESSAGES[code])?.(named) ??
          unlisted(error, model, failed.subject));
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

/** What depends on a field and would not follow an online change of its type. */
function leftError(
  error: unknown,
  { org, table, column }: Diagnosis,
  left: InTheWay,
  { model }: MessageParts,
): MigrationError {
  const name = column ?? columnOf(error) ?? '';
  return new MigrationError(
    `"${name}" of ${model} cannot get another type online, because some of what belongs to it would not follow: ${left.names}. Nothing was changed. Drop these first and create them again afterwards, or use applyChange, at a time when the table may be locked.`,
    {
      code: 'DEPENDENT_OBJECTS',
      org,
      table,
      column: name === '' ? undefined : name,
      retryScope: 'none',
      sqlState: sqlStateOf(error),
      dependents: left.all,
      cause: error,
    },
  );
}

function columnOf(error: unknown): string | undefined {
  return (error as { readonly column?: string }).column;
}

/** Guards whose message is complete. */
const SAID_BY_GUARD: readonly (string | undefined)[] = [
  GUARD_STATES.spec,
  GUARD_STATES.indexExists,
  GUARD_STATES.identity,
  GUARD_STATES.reference,
  GUARD_STATES.referenceExists,
  GUARD_STATES.online,
];

/** The codes that a session in the way can lead to. */
const WAITS: readonly ErrorCode[] = ['LOCK_TIMEOUT', 'DEADLOCK', 'STATEMENT_TIMEOUT'];

function targetOf({ target, kind }: Diagnosis): string {
  if (target !== undefined && kind !== undefined) return `"${target.schema}"."${target.table}", which is ${kind}`;
  if (target === undefined) return 'columns without a primary key or unique constraint';
  const table = `"${target.schema}"."${target.table}"`;
  return target.column === undefined
    ? `${table}, which does not exist`
    : `"${target.column}" of ${table}, which does not exist`;
}

/** A failure whose cause is known without the catalog. */
export function failureAt(error: unknown, org: string, table?: string, column?: string): Diagnosis {
  return { ...classifyInUse(error), org, table, column };
}
