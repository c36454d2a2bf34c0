import { MigrationError, type ErrorCode } from 'tenant-ddl';

/** What was asked for is not there. */
export class NotFound extends Error {}

/** What was given cannot be stored. */
export class Unprocessable extends Error {}

export interface Answer {
  readonly status: number;
  readonly body: { readonly code: string; readonly message: string; readonly dependents?: readonly string[] };
}

/** docs/errors.md has the whole table. */
const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_SPEC: 400,
  INVALID_IDENTIFIER: 400,
  TENANT_NOT_FOUND: 404,
  MODEL_NOT_FOUND: 404,
  FIELD_NOT_FOUND: 404,
  LOCK_TIMEOUT: 503,
  DEADLOCK: 503,
  POOL_TIMEOUT: 503,
  CONNECTION_LOST: 503,
  STATEMENT_TIMEOUT: 504,
  DATABASE_ERROR: 500,
  OUTCOME_UNKNOWN: 500,
};

/** The message of a MigrationError is for the user: no value of a row is in it. What went wrong inside is not shown. */
export function answerTo(error: unknown): Answer {
  if (error instanceof MigrationError) {
    const { code, message, org, dependents } = error;
    // Those in other schemas are nobody's business here.
    const ownDependents = dependents?.filter((each) => !each.includes('"."') || each.includes(`"${org}".`));
    return {
      status: STATUSES[code] ?? 409,
      body: { code, message, ...(ownDependents === undefined ? {} : { dependents: ownDependents }) },
    };
  }
  const message = error instanceof Error ? error.message : '';
  if (error instanceof NotFound) return { status: 404, body: { code: 'NOT_FOUND', message } };
  if (error instanceof Unprocessable) return { status: 422, body: { code: 'UNPROCESSABLE', message } };
  // Fastify's own, of a body that is not as its schema says.
  const { statusCode } = error as { readonly statusCode?: number };
  if (statusCode !== undefined && statusCode < 500)
    return { status: statusCode, body: { code: 'BAD_REQUEST', message } };
  return {
    status: 500,
    body: { code: 'INTERNAL', message: 'Something went wrong. The log of the service says what.' },
  };
}
