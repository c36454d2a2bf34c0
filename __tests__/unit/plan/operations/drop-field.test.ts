import { planChange } from '../../../../lib';

it('is one statement, under the strongest lock, and costs the rows nothing', () => {
  const plan = planChange('acme-corp', { kind: 'dropField', table: 'invoice', column: 'old_field' });
  expect(plan.steps).toEqual([
    {
      sql: 'alter table "acme-corp"."invoice" drop column "old_field"',
      locks: [{ schema: 'acme-corp', table: 'invoice', mode: 'AccessExclusiveLock' }],
      rewritesTable: false,
      scansTable: false,
      transactional: true,
    },
  ]);
  expect(plan.hazards).toEqual([]);
});

it('locks the table that the field refers to as well', () => {
  const referencing = [{ schema: 'acme-corp', table: 'customer' }];
  const { steps } = planChange('acme-corp', {
    kind: 'dropField',
    table: 'invoice',
    column: 'customer_id',
    referencing,
  });
  expect(steps.map(({ sql }) => sql)).toEqual(['alter table "acme-corp"."invoice" drop column "customer_id"']);
  expect(steps[0]?.locks).toEqual([
    { schema: 'acme-corp', table: 'invoice', mode: 'AccessExclusiveLock' },
    { schema: 'acme-corp', table: 'customer', mode: 'AccessExclusiveLock' },
  ]);
});

it('has its names as they are', () => {
  const { steps } = planChange('org$1', { kind: 'dropField', table: 'Select', column: '請求-$' });
  expect(steps[0]?.sql).toBe('alter table "org$1"."Select" drop column "請求-$"');
});
