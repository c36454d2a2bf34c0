// The command line sees the library through its door alone, so it classifies the failures of its own query by itself.
import type { Knex } from 'knex';
import { rowsOf } from '../../../lib/cli/own-query';
import { explainedError, failureAt } from '../../../lib/run/failures/message';
import { migrationError } from '../../support/rejection';

const REFUSED = ['28000', '28P01', '3D000'];
const LOST = [
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  '08P01',
  '53300',
  '57P01',
  '57P02',
  '57P03',
  '57P04',
  '57P05',
];
const OF_SERVER = [...REFUSED, ...LOST].flatMap((code) =>
  ['ERROR', 'FATAL'].map((severity): [string, object] => [`${code} as ${severity}`, { code, severity }]),
);
const OF_SYSTEM = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT'].map((code): [string, object] => [
  code,
  { code, syscall: 'connect' },
]);

it.each([...OF_SERVER, ...OF_SYSTEM, ['no code', {}]])(
  'after %s it gives the error of the library',
  async (_, codes) => {
    const error = Object.assign(new Error('the reason'), codes);
    const db = { client: { acquireConnection: () => Promise.reject(error) } } as unknown as Knex;
    const { code, message, retryScope, sqlState } = explainedError(error, failureAt(error, ''));
    const own = await migrationError(rowsOf(db, 'select 1', []));
    expect(own).toMatchObject({ code, message, retryScope });
    expect(own.sqlState).toBe(sqlState);
  },
);
