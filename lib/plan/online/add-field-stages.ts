import { typeOf } from '../../field-types';
import type { Field } from '../../spec/field-spec';
import { derivedName, qualified, quoted, type Identifier } from '../../sql/identifier';
import { foreignKeyClause, foreignKeysOf } from '../foreign-keys';
import { exclusiveLock, step, type Lock, type Step } from '../plan';
import { addedColumn, checkClause, columnConstraints } from '../render';
import { attachUnique, lastStage, validate } from './constraint-stages';
import { buildIndex } from './index-stages';
import { defaultOrphans, rowsBeyond } from './pre-checks';
import type { PreCheck, Stage, Stages, TransactionStage } from './stage';

/**
 * A field whose plain change would read every row: its check and its reference come NOT VALID and are validated, its
 * unique index is built CONCURRENTLY. Where the rows that are there could only fail, the table has to have none.
 *
 * @param plain the steps of the plain change: the column first
 */
export function addFieldStages(org: Identifier, table: Identifier, field: Field, plain: readonly Step[]): Stages {
  const { name, default: value } = field;
  const undo = [`alter table ${qualified(org, table)} drop column if exists ${quoted(name)}`];
  const asItIs = (check: PreCheck): Stages => ({
    checks: [check],
    stages: [{ kind: 'transaction', name: 'add field', steps: plain.map(notReading), undo }],
  });
  if (field.nullable === false && value === undefined) {
    return asItIs(rowsBeyond(org, table, { most: 0, column: name, code: 'NOT_NULL_VIOLATION' }));
  }
  if (field.unique === true && value !== undefined) {
    return asItIs(rowsBeyond(org, table, { most: 1, column: name, code: 'UNIQUE_VIOLATION' }));
  }
  const { checks, names, sql } = addition(org, table, field);
  const [, ...comments] = plain;
  const locks = plain[0]?.locks ?? [];
  const first: TransactionStage = {
    kind: 'transaction',
    name: 'add field',
    steps: [step(sql, { locks }), ...comments],
    undo,
  };
  const stages: Stage[] = [first];
  if (names.length > 0) stages.push(validate(org, table, names, [name]));
  if (field.unique === true) stages.push(...uniqueStages(org, table, name));
  return { checks, stages };
}

/** The column, in one statement with what is NOT VALID. */
function addition(
  org: Identifier,
  table: Identifier,
  field: Field,
): { readonly checks: readonly PreCheck[]; readonly names: readonly Identifier[]; readonly sql: string } {
  const { name, default: value, unique: _unique, references: _references, ...others } = field;
  const values = typeOf(field).checkedValues(field);
  const [key] = foreignKeysOf({ fields: [field] });
  const checks: PreCheck[] = [];
  const names: Identifier[] = [];
  const added: string[] = [];
  let column = addedColumn(org, table, field);
  if (values !== undefined) {
    const check = checkClause(table, name, typeOf(field).isHeldTo(quoted(name), values));
    column = column.replace(` ${check}`, () => '');
    names.push(derivedName('check', table, [name]));
    added.push(`add ${check} not valid`);
  }
  if (key !== undefined && value === undefined) {
    // Null in every row, which satisfies any foreign key.
    const alone = { ...others, name, references: field.references } as Field;
    column = [column, ...columnConstraints(table, alone)].join(' ');
  } else if (key !== undefined && value !== undefined) {
    checks.push(defaultOrphans(org, table, key, typeOf(field).defaultSql(value)));
    names.push(derivedName('fkey', table, key.columns));
    added.push(`add ${foreignKeyClause(table, key)} not valid`);
  }
  return { checks, names, sql: [column, ...added].join(', ') };
}

function uniqueStages(org: Identifier, table: Identifier, column: Identifier): readonly Stage[] {
  const name = derivedName('key', table, [column]);
  const locks: readonly Lock[] = [exclusiveLock(org, table)];
  const attach = step(attachUnique(org, table, name), { locks });
  return [
    buildIndex(org, table, { columns: [column], unique: true, name }),
    lastStage({ name: 'attach constraint', steps: [attach] }),
  ];
}

function notReading(plain: Step): Step {
  return { ...plain, scansTable: false };
}
