import { formFor, leadsToCitus, learnCitus, learnFromFailure } from '../../../../lib/run/wire/citus';
import { learnSession, prepareFor, sessionColumns } from '../../../../lib/run/wire/prepared';

let ports = 0;
const connection = (port = (ports += 1)): { host: string; port: number; database: string } => ({
  host: 'h',
  port,
  database: 'd',
});
const answer = (version: string | null): readonly { rows: Record<string, unknown>[] }[] => [
  { rows: [{ tenant_ddl_citus: version }] },
];
const SQL = 'alter table "o"."t" add column "a" integer';

it('sends what a plain server takes until a connection has answered', () => {
  expect(prepareFor(connection(), [SQL, { sql: 'a', onCitus: 'b' }])).toEqual([SQL, 'a']);
});

it('learns it with the session, in the same question, and for later connections to the same database', () => {
  const first = connection();
  expect(sessionColumns(first).join()).toContain('tenant_ddl_citus');
  learnSession(first, answer('13.2-1'));
  expect(sessionColumns(first)).toEqual([]);
  expect(leadsToCitus(first)).toBe(true);
  expect(leadsToCitus(connection(first.port))).toBe(true);
  expect(leadsToCitus({ ...first, database: 'other' })).toBe(false);
  expect(prepareFor(first, [SQL])).toEqual([expect.stringMatching(/^do \$/)]);
});

it('takes a server for a plain one that says so, whatever was at its address before', () => {
  const first = connection();
  learnCitus(first, answer('13.2-1'));
  const second = connection(first.port);
  learnCitus(second, answer(null));
  expect([leadsToCitus(second), leadsToCitus(connection(first.port))]).toEqual([false, false]);
});

it('believes nothing of an answer that does not say', () => {
  const first = connection();
  learnCitus(first, [{ rows: [{ other: 1 }] }]);
  expect(formFor(first)(SQL)).toBe(SQL);
});

it.each([
  [true, 'ReportResultError'],
  [true, 'ErrorIfUnsupportedAlterTableStmt'],
  [false, 'exec_parse_message'],
  [false, undefined],
])('learns it from a failure: %s, by the function %s', (expected, routine) => {
  const first = connection();
  expect(learnFromFailure(first, { routine })).toBe(expected);
  expect(leadsToCitus(first)).toBe(expected);
  expect(learnFromFailure(first, { routine })).toBe(false);
});
