import { typeOf } from '../../field-types';
import type { Field } from '../../spec/field-spec';
import { tableOid } from '../../sql/catalog-oids';
import { derivedName, qualified, quoted, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { EQ, NE } from '../../sql/qualified-sql';
import { guard } from '../../sql/server-check';
import { exclusiveLock, step, type Lock, type Step } from '../plan';
import { addedColumn } from '../render';
import { attachUnique, dropConstraint, lastStage, validate } from './constraint-stages';
import { buildIndex } from './index-stages';
import type { FillStage, PreCheck, Stage, Stages } from './stage';

/** In the name of our check until the last stage. */
const FILLED_MARK = 'online_filled' as Identifier;

/**
 * A field with a default of its own for each row. The column comes with one value that nobody uses, which PostgreSQL
 * keeps once for all rows (manual, ALTER TABLE, Notes), and new rows get the real default; then the rows that have
 * that value are filled in batches. A NULL that a client writes meanwhile stays what it is.
 *
 * @param comments the steps of the plain change after the column
 */
export function fillStages(org: Identifier, table: Identifier, field: Field, comments: readonly Step[]): Stages {
  const { name, default: value } = field;
  const type = typeOf(field);
  const unused = type.unusedValue(`${table}.${name}`);
  if (value === undefined || unused === undefined || field.references !== undefined) {
    return {
      refused: 'each row gets its own default, which rewrites the table, and this field cannot be filled afterwards',
    };
  }
  const locks: readonly Lock[] = [exclusiveLock(org, table)];
  const alter = `alter table ${qualified(org, table)}`;
  const { unique: _unique, comment: _comment, ...alone } = field;
  const placeholder = literal(unused);
  const added = addedColumn(org, table, { ...alone, default: unused });
  const proof = derivedName('check', table, [name, FILLED_MARK]);
  const key = derivedName('key', table, [name]);
  const fill = (named: string): FillStage => ({
    kind: 'fill',
    name: named,
    column: name,
    set: type.defaultSql(value),
    todo: `${quoted(name)} ${EQ} ${placeholder}`,
    steps: [fillStep(org, table, name, type.defaultSql(value), placeholder)],
  });
  const stages: Stage[] = [
    {
      kind: 'transaction',
      name: 'add field',
      steps: [
        step(`${added}, alter column ${quoted(name)} set default ${type.defaultSql(value)}`, { locks }),
        ...comments,
      ],
      undo: [`${alter} drop column if exists ${quoted(name)}`],
    },
    fill('fill'),
    {
      kind: 'transaction',
      name: 'add check',
      steps: [
        step(`${alter} add constraint ${quoted(proof)} check (${quoted(name)} ${NE} ${placeholder}) not valid`, {
          locks,
        }),
      ],
      undo: [dropConstraint(org, table, proof)],
    },
    // What a client has read before, and written back.
    fill('fill the rest'),
    validate(org, table, [proof], [name]),
    ...(field.unique === true ? [buildIndex(org, table, { columns: [name], unique: true, name: key })] : []),
    lastStage({
      name: 'finish',
      steps: [
        step(dropConstraint(org, table, proof), { locks }),
        ...(field.unique === true ? [step(attachUnique(org, table, key), { locks })] : []),
      ],
    }),
  ];
  return { checks: [needsKey(org, table)], stages };
}

/** One batch, as it is sent again and again: with the keys it begins and ends at. */
function fillStep(org: Identifier, table: Identifier, column: Identifier, set: string, placeholder: string): Step {
  const sql = `update ${qualified(org, table)} set ${quoted(column)} = ${set} where ${quoted(column)} ${EQ} ${placeholder}`;
  return step(sql, {
    locks: [{ schema: org, table, mode: 'RowExclusiveLock' }],
    scansTable: true,
    transactional: false,
  });
}

/** By which the batches go through the table. */
export function needsKey(org: Identifier, table: Identifier): PreCheck {
  const relation = tableOid(org, table);
  return {
    guard: guard({
      kind: 'spec',
      test: `select where not exists (select from pg_catalog.pg_index x where x.indrelid ${EQ} ${relation} and x.indisprimary and x.indnkeyatts ${EQ} 1)`,
      reason: literal(
        `${qualified(org, table)} has no primary key of one column, by which its rows could be filled in batches`,
      ),
    }),
  };
}
