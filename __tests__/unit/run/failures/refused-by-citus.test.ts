// What Citus refuses once its coordinator has looked at the tables, as measured with Citus 13.2.2.
import { checkedChanges } from '../../../../lib/plan/checked-changes';
import { planned } from '../../../../lib/plan/planner';
import { subjectsOf } from '../../../../lib/plan/subject';
import { diagnosed } from '../../../../lib/run/failures/cause';
import { explainedError } from '../../../../lib/run/failures/message';
import type { Change } from '../../../../lib';
import type { Identifier } from '../../../../lib/sql/identifier';

const org = 'acme' as Identifier;
const raised = (routine: string, code: string, message: string): Error =>
  Object.assign(new Error(message), { code, severity: 'ERROR', routine });

function told(error: Error, change: Change): unknown {
  const plan = planned(org, checkedChanges(org, [change], ['shared']));
  return explainedError(error, diagnosed(error, org, subjectsOf(org, plan), []));
}

const references = { schema: 'shared', table: 'currency', column: 'code' };
const field: Change = { kind: 'addField', table: 'invoice', field: { name: 'currency', type: 'String', references } };

it.each([
  ['42P16', 'referenced table "currency" must be a distributed table or a reference table'],
  ['0A000', 'cannot create foreign key constraint since relations are not colocated'],
])('names the table that a reference would need on every node: %s', (code, words) => {
  expect(told(raised('ErrorIfUnsupportedForeignConstraintExists', code, words), field)).toMatchObject({
    code: 'UNSUPPORTED_DATABASE',
    sqlState: code,
    table: 'invoice',
    column: 'currency',
    retryScope: 'none',
    message: expect.stringMatching(
      /^"acme"."invoice" cannot refer to "shared"."currency": .*Nothing was changed.*create_reference_table\('"shared"."currency"'\)/,
    ),
  });
});

it('takes a NaN that a worker cannot convert for a row that the new type does not take', () => {
  const of = (message: string): unknown =>
    told(raised('ReportResultError', '0A000', message), {
      kind: 'alterField',
      table: 'invoice',
      column: 'amount',
      set: { type: 'Int' },
    });
  expect(of('cannot convert NaN to integer')).toMatchObject({ code: 'CONVERSION_FAILED' });
  expect(of('something else')).toMatchObject({ code: 'DATABASE_ERROR' });
});

it('gives the words of Citus for anything else', () => {
  const change: Change = { kind: 'dropField', table: 'invoice', column: 'note' };
  const error = raised('ErrorIfUnsupportedAlterTableStmt', '0A000', 'alter table command is currently unsupported');
  expect(told(error, change)).toMatchObject({
    code: 'UNSUPPORTED_DATABASE',
    message: expect.stringMatching(
      /^Citus, which distributes "acme"."invoice", refused its change: alter table command/,
    ),
  });
});
