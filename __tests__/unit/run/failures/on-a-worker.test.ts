// Errors that a worker of Citus has raised, as its coordinator passes them on.
import { errorWithoutValues } from '../../../../lib/run/failures/without-values';

const WORKER = 'while executing command on 127.0.0.1:7512';
const OUR_BLOCK =
  'SQL statement "alter table t add column a integer"\nPL/pgSQL function inline_code_block line 2 at SQL statement';

function wordsWith(where: string, fields: object = {}): unknown {
  const error = { code: '42704', severity: 'ERROR', routine: 'ReportResultError', where, ...fields };
  return errorWithoutValues(Object.assign(new Error('words'), error));
}

it.each([WORKER, `${WORKER}\n${OUR_BLOCK}`, OUR_BLOCK])('keeps the words of %j', (where) => {
  expect(wordsWith(where)).toMatchObject({ message: 'words', code: '42704' });
});

it('hides those of a function on the worker, which may contain a row', () => {
  const where = `PL/pgSQL function audit() line 3 at RAISE\n${WORKER}\n${OUR_BLOCK}`;
  expect(wordsWith(where)).toMatchObject({ message: 'a function of the database failed' });
});

it("hides a worker's detail and value", () => {
  const error = wordsWith(WORKER, { code: '23505', detail: 'Key (a)=(secret) is duplicated.', table: 't_102008' });
  expect(error).not.toHaveProperty('detail');
});
