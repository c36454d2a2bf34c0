import * as t from 'io-ts';
import { alterSteps, newType } from '../alter-steps';
import { closed } from '../closed';
import { alterFieldExamples } from '../examples/alter-field';
import { listOf, nameOf } from '../codecs';
import { defaultGuard } from '../default-guard';
import { defaultFaultsBy, FieldChanges, fieldTypeSpec, impliedType } from '../field-changes';
import type { Hazard } from '../plan';
import { referenced } from '../referenced';
import { expectedModel } from '../subject';
import { rewritesForType } from '../type-change';
import type { Operation } from './operation';

const codec = closed(
  'alterField',
  { kind: t.literal('alterField'), table: nameOf('table'), column: nameOf('column'), set: FieldChanges },
  { from: fieldTypeSpec, referencing: listOf(referenced) },
  ({ from, set }) => (from === undefined || set === undefined ? [] : defaultFaultsBy(from, set)),
);

type AlterField = t.TypeOf<typeof codec>;

/**
 * `alter table … alter column`, a statement for each property that is named. knex's own `.alter()` is not
 * used: it drops the default and NOT NULL of a column unless both are said again.
 */
export const alterField: Operation<AlterField, t.OutputOf<typeof codec>> = {
  codec,
  steps: alterSteps,
  guards: (org, { table, column, set, from }) => {
    const { default: kept } = set;
    const isJudged = kept === undefined || kept === null || from !== undefined || impliedType(set) !== undefined;
    return isJudged ? [] : [defaultGuard(org, table, column, kept)];
  },
  hazards: (_org, change) => hazardsOf(change),
  subject: (org, { table, column }) => ({
    message: 'ALTER COLUMN',
    table,
    fields: [column],
    expectations: [expectedModel(org, table), { schema: org, table, column, present: true, code: 'FIELD_NOT_FOUND' }],
    effects: [],
  }),
  examples: alterFieldExamples,
};

function hazardsOf(change: AlterField): Hazard[] {
  const { table, column, set, from } = change;
  const to = newType(change);
  const at = { table, column };
  const hazards: Hazard[] = [];
  if (to !== undefined && rewritesForType(from, to)) {
    hazards.push({
      kind: 'rewrite',
      ...at,
      message: `${from === undefined ? 'Unless the type only grows, every' : 'Every'} row of "${table}" is written anew, and nobody can read it meanwhile.`,
      saferWay: `Add a field of the new type, fill it in batches, then drop "${column}" and rename the new one.`,
    });
  }
  if (set.nullable === false || set.values !== undefined) {
    hazards.push({
      kind: 'scan',
      ...at,
      message: `Every row of "${table}" is read while nobody else can read it.`,
      saferWay: 'Add the check NOT VALID, validate it in a second transaction, then make the change.',
    });
  }
  if (set.unique === true) {
    hazards.push({
      kind: 'uniqueBuild',
      ...at,
      message: `The unique index on "${column}" is built while nobody can read "${table}".`,
      saferWay: 'Create a unique index CONCURRENTLY, then add the constraint USING INDEX.',
    });
  }
  return hazards;
}
