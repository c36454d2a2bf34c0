import { GUARD_STATES } from '../../sql/server-check';
import { MigrationError, type ErrorCode, type RetryScope } from '../../errors';
import { classifyInMemory, classifyInUse, sqlStateOf, type FailureClass } from './sql-states';
import type { Subject } from '../../plan/subject';
import { reasonOf, unlisted } from './advice';
import { heldBy, type Wait } from './held-lock';
import { inTheWay, outsideError, sharedReason, type InTheWay } from './in-the-way';
import { withoutValues } from './without-values';

/** What a failure turned out to be, and where. */
export interface Failed extends FailureClass, Wait {
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  /** In SQL's words, where it was one change that failed. */
  readonly operation?: string | undefined;
  /** How many are in the way, and how to find them: sentences. */
  readonly rows?: string | undefined;
  /** What stands where a table should: `a view`. */
  readonly kind?: string | undefined;
  /** What was not there: a table, or a column of one, that the change refers to. */
  readonly target?: { readonly schema: string; readonly table: string; readonly column?: string } | undefined;
}

/** What happened, where, and what to do instead: a line for each code that the server's answer can mean. */
const MESSAGES: Readonly<Partial<Record<ErrorCode, (at: Named) => string>>> = {
  TENANT_NOT_FOUND: ({ org }) => `Schema "${org}" does not exist. Create it first: createTenant('${org}', db).`,
  TENANT_EXISTS: ({ org }) =>
    `Schema "${org}" already exists. Choose another org; if this schema is the tenant's own from an earlier call, there is nothing to create.`,
  MODEL_NOT_FOUND: ({ model, kind }) =>
    kind !== undefined
      ? `${model} is ${kind}, not a table, and nothing was changed. Change it by SQL of your own, or correct the name.`
      : `There is no table ${model}. Create it with createModel, or correct the name.`,
  MODEL_EXISTS: ({ model }) =>
    `Something named ${model} already exists (tables, views and indexes share their names). Choose another name, or drop it first.`,
  FIELD_NOT_FOUND: ({ column, model }) =>
    `Field "${column}" is not on ${model}. Compare the model's metadata with the table.`,
  FIELD_EXISTS: ({ column, model }) =>
    `Field "${column}" is already on ${model}. Choose another name, or drop it first.`,
  REFERENCE_EXISTS: ({ model, column }) =>
    `${column === '' ? 'These columns' : `"${column}"`} of ${model} refer to something already. Nothing was changed. Drop that reference first (dropReference).`,
  REFERENCE_NOT_FOUND: ({ model, target, kind }) =>
    kind !== undefined
      ? `${model} refers to ${target}. Only a table can be referred to.`
      : `${model} refers to ${target}. Create that first, with a primary key or a unique on exactly those columns.`,
  NOT_NULL_VIOLATION: ({ column, model, operation }) =>
    operation === 'ALTER COLUMN'
      ? `Rows of ${model} have no value for "${column}". A default is for new rows only: fill these first (select * from ${model} where "${column}" is null).`
      : `${model} has rows, which would have no value for "${column}". Give the field a default, or add it nullable and fill it first.`,
  CHECK_VIOLATION: ({ column, model }) =>
    column === ''
      ? `Rows of ${model} break a check. Nothing was changed. Correct these rows first.`
      : `Rows of ${model} break a check on "${column}", such as the values of an Enum. Nothing was changed. Correct these rows first (select "${column}", count(*) from ${model} group by 1).`,
  CONVERSION_FAILED: ({ org, column, model }) =>
    `Rows of ${model} have values in "${column}" that the new type does not take. Nothing was changed. Correct these rows first; previewConversion('${org}', …) counts them.`,
  UNIQUE_VIOLATION: ({ model, column, operation }) =>
    `Rows of ${model} would be alike where they have to be unique. ${
      operation === 'ADD COLUMN'
        ? 'A unique field that is added to rows can have no constant default: add it without one, fill it, then make it unique.'
        : column === ''
          ? 'Correct these first.'
          : `Correct these first (select "${column}", count(*) from ${model} group by 1 having count(*) > 1).`
    }`,
  FOREIGN_KEY_VIOLATION: ({ model, operation }) =>
    operation === 'ADD CONSTRAINT'
      ? `Rows of ${model} refer to rows that do not exist. Nothing was changed. Correct these first.`
      : `Rows of ${model} would refer to rows that do not exist. Correct these first, or add the field without a default.`,
  DEPENDENT_OBJECTS: ({ model, column, operation, dependents }) =>
    dependents.shared
      ? sharedReason(`"${column}" of ${model}`, dependents)
      : operation === 'ALTER COLUMN'
        ? `Other objects use "${column}" of ${model}, and nothing was changed: ${dependents.names}. Drop these first, and create them again afterwards.`
        : `Other objects need what would be dropped of ${model}, and nothing was changed: ${dependents.names}. Drop these first.`,
  LOCK_TIMEOUT: ({ held }) =>
    `Another transaction ${held} for longer than lockTimeoutMs. Nothing was changed. Try again when it has ended.`,
  STATEMENT_TIMEOUT: ({ model }) =>
    `The change of ${model} took longer than statementTimeoutMs, or was cancelled. Nothing was changed. Raise statementTimeoutMs, or change the table when it is smaller or less used.`,
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
    'The server has no room for another lock or no memory (max_locks_per_transaction). Nothing was changed. Change fewer tables in one transaction.',
  TOO_MANY_COLUMNS: ({ model }) =>
    `${model} has used up its 1,600 columns, dropped ones included. Nothing was changed. Copy it to a new table, or put the field on another one.`,
  INDEX_EXISTS: ({ org, taken }) =>
    `Something named "${taken}" already exists in schema "${org}" (tables, views and indexes share their names). Choose another name for the index, or drop the existing one first.`,
  PERMISSION_DENIED: ({ org, model, operation, reason }) =>
    operation === 'CREATE SCHEMA'
      ? `The database role may not create schema "${org}"${reason}. Grant it CREATE on the database, or connect as a role that has it.`
      : `The database role may not change ${model}${reason}. It has to own the table, and needs REFERENCES on each table that is referred to. Connect as the owner of schema "${org}", or grant it CREATE there.`,
  INVALID_SPEC: ({ column, model, operation }) =>
    operation === 'ALTER COLUMN'
      ? `The new type or default of "${column}" does not go together with what else ${model} has, and nothing was changed. Give a new default with a new type, or null for none; a field that refers to another keeps the type of that one.`
      : `A foreign key of ${model} and the column that it refers to are of types that can not be compared. Give the field the type of that column.`,
};

interface Named {
  readonly org: string;
  readonly operation: string | undefined;
  /** `"acme-corp"."invoice"`, or what stands for it where no table is concerned. */
  readonly model: string;
  readonly column: string;
  /** The server's own sentence, in brackets, where there is one. */
  readonly reason: string;
  readonly kind: string | undefined;
  /** What another transaction did that was waited for. */
  readonly held: string;
  /** What is referred to and is not there. */
  readonly target: string;
  /** The name of an index that cannot be had. */
  readonly taken: string;
  /** What stands in the way of a drop: shared with other columns, or of others. */
  readonly dependents: InTheWay;
  readonly retryScope: RetryScope;
}

/** An error of the database in the words of this library. */
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
    ? `${reasonOf(error)}, and nothing was changed. Give the field's type: { from: { type, … } }.`
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

/** Guards that say all there is to say. */
const SAID_BY_GUARD: readonly (string | undefined)[] = [
  GUARD_STATES.spec,
  GUARD_STATES.indexExists,
  GUARD_STATES.identity,
  GUARD_STATES.reference,
  GUARD_STATES.referenceExists,
];

/** What a session in the way can lead to. */
const WAITS: readonly ErrorCode[] = ['LOCK_TIMEOUT', 'DEADLOCK', 'STATEMENT_TIMEOUT'];

function targetOf({ target, kind }: Failed): string {
  if (target !== undefined && kind !== undefined) return `"${target.schema}"."${target.table}", which is ${kind}`;
  if (target === undefined) return 'columns that no primary key or unique is on';
  const table = `"${target.schema}"."${target.table}"`;
  return target.column === undefined
    ? `${table}, which does not exist`
    : `"${target.column}" of ${table}, which does not exist`;
}

/** Where a failure stands that needs no look into the catalog. */
export function failureAt(error: unknown, org: string, table?: string, column?: string): Failed {
  return { ...classifyInUse(error), org, table, column };
}

/** The same for pg-mem, whose words are all there is to tell by. */
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

/** Not there, and not the change's own: then it is what the change refers to. */
function isAnothers(code: ErrorCode, name: string, org: string, subject: Subject | undefined): boolean {
  if (code === 'TENANT_NOT_FOUND') return name !== org;
  if (code === 'MODEL_NOT_FOUND') return subject?.table !== undefined && name !== subject.table;
  if (code !== 'FIELD_NOT_FOUND' || subject === undefined) return false;
  return !subject.expectations.some((expected) => expected.code === code && expected.column === name);
}
