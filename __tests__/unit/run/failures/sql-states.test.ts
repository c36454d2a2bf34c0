import type { ErrorCode, RetryScope } from '../../../../lib';
import {
  classify,
  classifyInMemory,
  classifyInUse,
  isRefusalOfCommit,
  sqlStateOf,
} from '../../../../lib/run/failures/sql-states';

const failed = (code: string, more: object = {}): Error =>
  Object.assign(new Error('What the server said'), { code }, more);

/** Errors and where a retry can succeed: a row for each SQLSTATE that was measured. */
const STATES: readonly (readonly [sqlState: string, code: ErrorCode, retryScope: RetryScope])[] = [
  ['55P03', 'LOCK_TIMEOUT', 'savepoint'],
  ['40P01', 'DEADLOCK', 'transaction'],
  ['40001', 'DATABASE_ERROR', 'transaction'],
  ['57P01', 'CONNECTION_LOST', 'connection'],
  ['57P02', 'CONNECTION_LOST', 'connection'],
  ['57P03', 'CONNECTION_LOST', 'connection'],
  ['08000', 'CONNECTION_LOST', 'connection'],
  ['08001', 'CONNECTION_LOST', 'connection'],
  ['08003', 'CONNECTION_LOST', 'connection'],
  ['08006', 'CONNECTION_LOST', 'connection'],
  ['08P01', 'CONNECTION_LOST', 'connection'],
  ['53300', 'CONNECTION_LOST', 'connection'],
  ['25P03', 'CONNECTION_LOST', 'connection'],
  ['25P04', 'CONNECTION_LOST', 'connection'],
  ['25006', 'READ_ONLY_SERVER', 'connection'],
  ['57P04', 'CONNECTION_LOST', 'connection'],
  ['57P05', 'CONNECTION_LOST', 'connection'],
  ['57P99', 'CONNECTION_LOST', 'connection'],
  ['28P01', 'DATABASE_ERROR', 'none'],
  ['3D000', 'DATABASE_ERROR', 'none'],
  ['42501', 'PERMISSION_DENIED', 'none'],
  ['25P02', 'DATABASE_ERROR', 'none'],
  ['57014', 'STATEMENT_TIMEOUT', 'none'],
  ['53200', 'TOO_MANY_LOCKS', 'none'],
  ['55006', 'DATABASE_ERROR', 'none'],
  ['2BP01', 'DEPENDENT_OBJECTS', 'none'],
  ['42701', 'FIELD_EXISTS', 'none'],
  ['42703', 'FIELD_NOT_FOUND', 'none'],
  ['42P07', 'MODEL_EXISTS', 'none'],
  ['42P01', 'MODEL_NOT_FOUND', 'none'],
  ['42P06', 'TENANT_EXISTS', 'none'],
  ['3F000', 'TENANT_NOT_FOUND', 'none'],
  ['54011', 'TOO_MANY_COLUMNS', 'none'],
  ['23502', 'NOT_NULL_VIOLATION', 'none'],
  ['23503', 'FOREIGN_KEY_VIOLATION', 'none'],
  ['23505', 'UNIQUE_VIOLATION', 'none'],
  ['42830', 'REFERENCE_NOT_FOUND', 'none'],
  ['42804', 'INVALID_SPEC', 'none'],
  ['XX000', 'DATABASE_ERROR', 'none'],
];

it.each(STATES)('%s is %s, and can be cured by repeating: %s', (sqlState, code, retryScope) => {
  expect(classify(failed(sqlState))).toEqual({ code, retryScope });
  expect(sqlStateOf(failed(sqlState))).toBe(sqlState);
});

it.each([
  ['pg_namespace_nspname_index', 'TENANT_EXISTS'],
  ['pg_type_typname_nsp_index', 'MODEL_EXISTS'],
  ['pg_class_relname_nsp_index', 'MODEL_EXISTS'],
] as const)('23505 on %s, two that create at once, is %s and is cured by the whole transaction', (constraint, code) => {
  expect(classify(failed('23505', { constraint }))).toEqual({ code, retryScope: 'transaction' });
});

it.each(['invoice_pkey', 'toString', undefined])('23505 on %s is of a row, and is not repeated', (constraint) => {
  expect(classify(failed('23505', { constraint }))).toEqual({ code: 'UNIQUE_VIOLATION', retryScope: 'none' });
});

it.each(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'])('%s of the socket is a lost connection', (code) => {
  expect(classify(failed(code))).toEqual({ code: 'CONNECTION_LOST', retryScope: 'connection' });
  expect(sqlStateOf(failed(code))).toBeUndefined();
});

it.each([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'ROLLBACK - Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
])('%j, which has no code, is a lost connection', (message) => {
  expect(classify(new Error(message))).toEqual({ code: 'CONNECTION_LOST', retryScope: 'connection' });
});

it('is not taken in by such words in what the server says', () => {
  const error = Object.assign(new Error('connection terminated'), { code: '42703' });
  expect(classify(error)).toEqual({ code: 'FIELD_NOT_FOUND', retryScope: 'none' });
});

it('a pool that had no connection in time is waited for once', () => {
  const error = Object.assign(new Error('Timeout acquiring a connection.'), { name: 'KnexTimeoutError' });
  expect(classify(error)).toEqual({ code: 'POOL_TIMEOUT', retryScope: 'none' });
});

it.each([
  undefined,
  null,
  'a text',
  7,
  {},
  new Error('mine'),
  { code: 7 },
  { code: 'ENOENT' },
  { code: 'constructor' },
])('whatever else, such as %p, is a DATABASE_ERROR that nothing repeats', (error) => {
  expect(classify(error)).toEqual({ code: 'DATABASE_ERROR', retryScope: 'none' });
  expect(classifyInMemory(error)).toEqual({ code: 'DATABASE_ERROR', retryScope: 'none' });
  expect(sqlStateOf(error)).toBeUndefined();
});

it.each([
  ['23505', 'UNIQUE_VIOLATION'],
  ['42704', 'DATABASE_ERROR'],
] as const)('%s, which pg-mem gives, is %s there too', (sqlState, code) => {
  expect(classifyInMemory(failed(sqlState))).toEqual({ code, retryScope: 'none' });
});

describe('an error that no server sent', () => {
  it.each(['ENOTFOUND', 'EAI_AGAIN', 'ECONNABORTED', 'ENETDOWN', 'EPROTO', 'CERT_HAS_EXPIRED', 'ERR_SSL_BAD_DECRYPT'])(
    '%s is a lost connection, wherever it comes from',
    (code) => {
      expect(classify(failed(code)).code).toBe('CONNECTION_LOST');
    },
  );

  it.each(['EPERM', 'EBADF', 'E2BIG', 'EISDIR'])(
    '%s of the system has as many characters, and is no SQLSTATE',
    (code) => {
      expect(sqlStateOf(failed(code))).toBeUndefined();
    },
  );

  it.each([new Error('what nobody has thought of'), failed('EBADF'), failed('EWHATEVER')])(
    'is a lost connection where a connection is used, and nothing in a callback: %s',
    (error) => {
      expect(classifyInUse(error)).toEqual({ code: 'CONNECTION_LOST', retryScope: 'connection' });
      expect(classify(error)).toEqual({ code: 'DATABASE_ERROR', retryScope: 'none' });
    },
  );

  it.each([
    new TypeError('x is not a function'),
    new RangeError('too long'),
    new Error('Transaction query already complete, run with DEBUG=knex:tx for more info'),
    new Error('Unable to acquire a connection'),
  ])('is a mistake, not a lost connection: %s', (error) => {
    expect(classifyInUse(error)).toEqual({ code: 'DATABASE_ERROR', retryScope: 'none' });
  });
});

it.each(['no such database: x', 'password authentication failed', 'unsupported startup parameter: options'])(
  'a pooler that says %j says so the next time, too',
  (message) => {
    const error = Object.assign(new Error(message), { code: '08P01', severity: 'FATAL' });
    expect(classify(error)).toEqual({ code: 'CONNECTION_LOST', retryScope: 'none' });
  },
);

describe('COMMIT', () => {
  it.each([
    ['23505', 'ERROR'],
    ['23503', 'FEHLER'],
    ['40001', 'ERROR'],
    ['P0001', 'ERROR'],
    ['57014', 'ERROR'],
    ['XX000', 'ERROR'],
  ])('is refused by %s, %s of the server', (sqlState, severity) => {
    expect(isRefusalOfCommit(failed(sqlState, { severity }))).toBe(true);
  });

  it.each([
    ['08006', { severity: 'ERROR' }],
    ['08P01', { severity: 'ERROR' }],
    ['40003', { severity: 'ERROR' }],
    ['57P01', { severity: 'FATAL' }],
    ['57P05', { severity: 'FATAL' }],
    ['25P04', { severity: 'FATAL' }],
    ['28000', { severity: 'FATAL' }],
    ['53100', { severity: 'PANIC' }],
    ['XX000', { severity: 'ПАНИКА' }],
    ['23505', {}],
    ['ECONNRESET', {}],
    ['EPERM', {}],
  ])('is in doubt after %s %p', (code, more) => {
    expect(isRefusalOfCommit(failed(code, more))).toBe(false);
  });

  it.each([new Error('Query read timeout'), new TypeError('of a parser'), undefined])(
    'is in doubt after %s',
    (error) => {
      expect(isRefusalOfCommit(error)).toBe(false);
    },
  );
});
