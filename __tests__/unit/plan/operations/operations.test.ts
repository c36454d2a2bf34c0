import { isRight } from 'fp-ts/lib/Either';
import { allExamples } from '../../../../docs/examples';
import { ERROR_CODES, planChange, planOnline, type Change, type MigrationError } from '../../../../lib';
import { isBlock } from '../../../../lib/sql/server-check';
import type { Identifier } from '../../../../lib/sql/identifier';
import { checkedChanges } from '../../../../lib/plan/checked-changes';
import { operationOf, operations, type ChangeKind } from '../../../../lib/plan/operations';
import { planned } from '../../../../lib/plan/planner';
import { subjectsOf, type Subject } from '../../../../lib/plan/subject';
import { HAZARD_KINDS, LOCK_MODES } from '../../../../lib/plan/plan';
import { tokensOf } from '../../../support/sql-tokens';

const ORG = 'acme-corp';
const kinds = Object.keys(operations) as ChangeKind[];

function isMadeOnline(change: Change): boolean {
  try {
    return planOnline(ORG, change).stages.length > 1;
  } catch (error) {
    expect((error as MigrationError).message).toMatch(/cannot be made online/);
    return false;
  }
}

it('has the operations of the design, by their kind', () => {
  expect(kinds).toEqual([
    'createModel',
    'addField',
    'dropField',
    'renameField',
    'alterField',
    'renameModel',
    'dropModel',
    'addIndex',
    'dropIndex',
    'addReference',
    'dropReference',
    'addKey',
    'dropKey',
  ]);
});

describe.each(kinds)('%s', (kind) => {
  const operation = operationOf(kind);
  const examples = allExamples().filter((example) => example.kind === kind);

  it('has examples, each of a variant of its own', () => {
    expect(examples.length).toBeGreaterThan(0);
    expect(new Set(examples.map(({ variant }) => variant)).size).toBe(examples.length);
    for (const { change } of examples) expect(change.kind).toBe(kind);
  });

  describe.each(examples.map(({ variant, change }) => [variant, change] as const))('%s', (_variant, change) => {
    const plan = planChange(ORG, change);

    it('is a plan of plain data', () => {
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      expect(Object.keys(plan)).toEqual(['org', 'changes', 'steps', 'hazards']);
      expect(plan.steps.length).toBeGreaterThan(0);
      for (const step of plan.steps) {
        expect(Object.keys(step).sort()).toEqual(['locks', 'rewritesTable', 'scansTable', 'sql', 'transactional']);
        for (const { mode } of step.locks) expect(LOCK_MODES).toContain(mode);
      }
      for (const { kind: hazard, message, saferWay } of plan.hazards) {
        expect(Object.keys(HAZARD_KINDS)).toContain(hazard);
        expect([message, saferWay]).toEqual([expect.stringMatching(/^.{20,}\.$/), expect.stringMatching(/^.{20,}\.$/)]);
      }
    });

    it('names applyOnline as the safer way of a rewrite where there are stages for it, and only there', () => {
      const rewrites = plan.hazards.filter((hazard) => hazard.kind === 'rewrite');
      const named = rewrites.filter(({ saferWay }) => saferWay.includes('applyOnline'));
      expect(named).toEqual(isMadeOnline(change) ? rewrites : []);
    });

    it('is the same plan when the change comes from JSON', () => {
      expect(planChange(ORG, JSON.parse(JSON.stringify(change)) as Change)).toEqual(plan);
      expect(planChange(ORG, JSON.parse(JSON.stringify(plan.changes[0])) as Change)).toEqual(plan);
    });

    it('names its tables with their schema, and in quotes', () => {
      for (const { sql } of plan.steps.filter((step) => !isBlock(step.sql))) {
        const names = tokensOf(sql).filter((token) => token.kind === 'identifier');
        expect(names[0]).toEqual(expect.objectContaining({ kind: 'identifier' }));
        expect(names.map(({ value }) => value)).toContain(ORG);
        // One statement a step: the adapter joins them.
        expect(sql).not.toContain(';');
      }
    });

    it('takes no key that is not its own', () => {
      expect(() => planChange(ORG, { ...change, tabel: 1 } as never)).toThrow(
        expect.objectContaining({
          code: 'INVALID_SPEC',
          faults: [{ path: 'tabel', message: 'unknown key; did you mean "table"?' }],
        }),
      );
    });

    it('needs every key that it has, but for the optional ones, and names those that are missing', () => {
      for (const key of Object.keys(change).filter((other) => other !== 'kind')) {
        const { [key]: _left, ...rest } = change as unknown as Record<string, unknown>;
        const error = refusalOf(rest);
        if (error !== undefined) expect(error.faults?.[0]?.path).toMatch(new RegExp(`^${key}`));
        // null is as good as leaving it out.
        expect(refusalOf({ ...rest, [key]: null })?.faults).toEqual(error?.faults);
      }
      const { table: _table, ...nameless } = change as unknown as Record<string, unknown>;
      expect(refusalOf(nameless)?.faults).toContainEqual({ path: 'table', message: 'is missing' });
    });

    it('tells what it is about, for the log and for errors', () => {
      const decoded = operation.codec.decode(change);
      if (!isRight(decoded)) throw new Error('An example that is no change.');
      const org = ORG as Identifier;
      const [subject] = subjectsOf(org, planned(org, checkedChanges(org, [change], ['public']))) as [Subject];
      // SQL's words.
      expect(subject.message).toMatch(/^[A-Z]+(?: [A-Z]+)+$/);
      expect(subject.table).toBe(change.table);
      for (const { code, schema, table } of subject.expectations) {
        expect(ERROR_CODES).toContain(code);
        expect([schema, table]).toEqual([expect.any(String), expect.any(String)]);
      }
      expect(subject.presence.every(({ schema }) => schema === ORG)).toBe(true);
      // The encoder is the way back.
      expect(operation.codec.is(decoded.right)).toBe(true);
      expect(operation.codec.encode(decoded.right)).toEqual(decoded.right);
    });

    it('refers to no other tenant, wherever a reference can stand', () => {
      let count = 0;
      const elsewhere = JSON.parse(JSON.stringify(change), (key, value: unknown) => {
        if (key !== 'references') return value;
        count += 1;
        return { ...(value as object), schema: 'globex' };
      }) as Change;
      const error = refusalOf(elsewhere);
      expect(error?.faults ?? []).toHaveLength(count);
      if (count > 0) expect(error?.code).toBe('CROSS_TENANT_REFERENCE');
      for (const { path } of error?.faults ?? []) expect(path).toMatch(/references\.schema$/);
    });
  });
});

function refusalOf(change: unknown): MigrationError | undefined {
  try {
    planChange(ORG, change as Change);
  } catch (error) {
    return error as MigrationError;
  }
  return undefined;
}
