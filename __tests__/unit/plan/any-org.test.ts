// A plan that is made once and filled in for each org is the plan of that org, and holds nothing of another.
import { allExamples } from '../../../docs/examples';
import { planForAny } from '../../../lib/plan/any-org';
import { checkedChanges } from '../../../lib/plan/checked-changes';
import type { CheckedChange } from '../../../lib/plan/operations';
import { planned } from '../../../lib/plan/planner';
import { workOf } from '../../../lib/run/work';
import type { Identifier } from '../../../lib/sql/identifier';

const ORGS = ['acme-corp', 'zeta', 'Ünïcode_é', '0', 'a$tenant_ddl$', 'a$&b', `z${'y'.repeat(62)}`] as Identifier[];

/** What refers to a tenant by its name is of that tenant alone; here it refers to a schema that all share. */
function forAnybody(change: unknown): unknown {
  return JSON.parse(JSON.stringify(change).replaceAll('acme-corp', 'public'));
}

function listOf(change: unknown, org: Identifier): readonly CheckedChange[] {
  return checkedChanges(org, [forAnybody(change)], ['public']);
}

describe.each(allExamples())('$kind: $variant', ({ change }) => {
  it('is the same, filled in, as planned for the org', () => {
    const planFor = planForAny(checkedChanges(undefined, [forAnybody(change)], ['public']), ['public']);
    for (const org of ORGS) {
      const direct = workOf(org, planned(org, listOf(change, org)));
      expect(workOf(org, planFor(org))).toEqual(direct);
    }
  });
});

const CREATE = {
  kind: 'createModel',
  table: 'invoice',
  fields: [
    { name: 'id', type: 'Int' },
    { name: 'self', type: 'Int', references: { schema: 'public', table: 'other', column: 'id', onDelete: 'CASCADE' } },
    { name: 'text', type: 'Text', default: '\ue000 and \ue001 $& acme' },
  ],
};

it('keeps a text that has the characters of a placeholder as it is', () => {
  const list = listOf(CREATE, 'a' as Identifier);
  const planFor = planForAny(list, ['public']);
  for (const org of ORGS) {
    expect(planFor(org)).toEqual(planned(org, list));
    expect(JSON.stringify(planFor(org))).toContain('\ue000 and \ue001 $& acme');
  }
});

it('refers to the org that it is made for, where a reference names no schema', () => {
  const self = { name: 'self', type: 'Int', references: { table: 'other', column: 'id' } };
  const list = checkedChanges(undefined, [{ ...CREATE, fields: [self] }], []);
  expect(JSON.stringify(list)).not.toContain('schema');
  const planFor = planForAny(list, []);
  for (const org of ORGS) expect(JSON.stringify(planFor(org).plan.steps)).toContain(`references \\"${org}\\".`);
});

it('gives no text of one org to another, in whatever order they come', () => {
  const planFor = planForAny(listOf(CREATE, 'a' as Identifier), ['public']);
  const [one, other] = ['tenant-one', 'tenant-two'] as [Identifier, Identifier];
  const texts = [planFor(one), planFor(other), planFor(one)].map((plan) => JSON.stringify(plan));
  expect(texts[0]).toBe(texts[2]);
  expect(texts[0]).not.toContain('tenant-two');
  expect(texts[1]).not.toContain('tenant-one');
});

it('locks the shared table after the own one, whatever the org is called', () => {
  const models = ['b', 'a'].map((table) => ({
    kind: 'createModel',
    table,
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'r', type: 'Int', references: { schema: 'public', table: 'shared', column: 'id', onDelete: 'CASCADE' } },
    ],
  }));
  for (const org of ['acme', 'zeta'] as Identifier[]) {
    const own = {
      name: 'o',
      type: 'Int',
      references: { schema: org, table: 'own', column: 'id', onDelete: 'CASCADE' },
    };
    const list = models.map((model) => ({ ...model, fields: [...model.fields, own] }));
    const { plan } = planned(org, checkedChanges(org, list, ['public']));
    const locked = plan.steps.flatMap(({ locks }) => locks.map(({ schema, table }) => `${schema}.${table}`));
    expect(locked).toEqual([`${org}.own`, `${org}.own`, 'public.shared', 'public.shared']);
  }
});
