import { ERROR_CODES, MigrationError } from '../../../lib';

it('has the codes of the design, each once', () => {
  expect(ERROR_CODES).toEqual([
    'INVALID_SPEC',
    'INVALID_IDENTIFIER',
    'TENANT_MISMATCH',
    'CROSS_TENANT_REFERENCE',
    'TENANT_NOT_FOUND',
    'TENANT_EXISTS',
    'MODEL_EXISTS',
    'MODEL_NOT_FOUND',
    'FIELD_EXISTS',
    'FIELD_NOT_FOUND',
    'INDEX_EXISTS',
    'INDEX_NOT_FOUND',
    'REFERENCE_EXISTS',
    'REFERENCE_NOT_FOUND',
    'NOT_NULL_VIOLATION',
    'UNIQUE_VIOLATION',
    'FOREIGN_KEY_VIOLATION',
    'CHECK_VIOLATION',
    'CONVERSION_FAILED',
    'DEPENDENT_OBJECTS',
    'HAZARD_REFUSED',
    'LOCK_TIMEOUT',
    'STATEMENT_TIMEOUT',
    'DEADLOCK',
    'NESTED_CALL',
    'CHANGE_UNDER_WAY',
    'POOL_TIMEOUT',
    'CONNECTION_LOST',
    'READ_ONLY_SERVER',
    'OUTCOME_UNKNOWN',
    'TOO_MANY_LOCKS',
    'TOO_MANY_COLUMNS',
    'PERMISSION_DENIED',
    'UNSUPPORTED_DATABASE',
    'ABORTED',
    'DATABASE_ERROR',
  ]);
});

it('is an Error, by its own name, with its cause', () => {
  const cause = new Error('The first');
  const error = new MigrationError('What, where, what to do.', { code: 'DATABASE_ERROR', cause });
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toBe('MigrationError: What, where, what to do.');
  expect(error.cause).toBe(cause);
  expect(error.stack).toMatch(/^MigrationError: What|^Error: What/);
});

it('has the fields that it was given, and none that it was not', () => {
  const bare = new MigrationError('What', { code: 'INVALID_SPEC' });
  expect({ ...bare }).toEqual({ name: 'MigrationError', code: 'INVALID_SPEC', org: '', retryScope: 'none' });
  expect(Object.keys(bare).sort()).toEqual(['code', 'name', 'org', 'retryScope']);
  expect('cause' in bare).toBe(false);

  const details = {
    org: 'acme-corp',
    table: 'invoice',
    column: 'status',
    sqlState: '55P03',
    retryScope: 'savepoint',
    faults: [{ path: 'table', message: 'is missing' }],
    transactionId: '754',
    blockedBy: [{ pid: 7, state: 'idle in transaction', ageMs: 1500, applicationName: 'billing' }],
  } as const;
  const full = new MigrationError('What', { code: 'LOCK_TIMEOUT', ...details });
  expect({ ...full }).toEqual({ name: 'MigrationError', code: 'LOCK_TIMEOUT', ...details });
});

it('takes an undefined detail for one that is not given', () => {
  const none = { org: undefined, table: undefined, column: undefined, sqlState: undefined, transactionId: undefined };
  expect(Object.keys(new MigrationError('What', { code: 'INVALID_SPEC', ...none, cause: undefined })).sort()).toEqual([
    'code',
    'name',
    'org',
    'retryScope',
  ]);
});
