import type { Effect } from '../../plan/effects';
import type { Refusal } from './refusal';

/** What a server says of a table, a field or a foreign key, as they are in its catalog. */
export const REFUSALS_OF_TABLES: readonly Refusal[] = [
  {
    // cannot_coerce.
    states: ['42846'],
    what: (reason) => `PostgreSQL has no conversion between these types: ${reason}`,
    advice:
      'Change the field to a Text first, and then to the new type if its texts are such values; or add a field of the new type and fill it.',
  },
  {
    // datatype_mismatch: the key cannot be compared with the one that it refers to.
    states: ['42804'],
    routines: ['ATAddForeignKeyConstraint'],
    isOf: ({ verb }) => verb !== 'alters',
    what: (_reason, model) => `A foreign key of ${model} and the column that it refers to have incompatible types`,
    advice: 'Give the field the type of that column.',
  },
  {
    // collation_mismatch.
    states: ['42P21'],
    routines: ['ATAddForeignKeyConstraint'],
    what: (_reason, model) =>
      `A foreign key of ${model} and the column that it refers to have different collations, one of which is not deterministic`,
    advice: 'Give both columns the same collation.',
  },
  {
    // object_not_in_prerequisite_state: the key is deferrable.
    states: ['55000'],
    routines: ['transformFkeyCheckAttrs'],
    what: (reason) => `A foreign key needs a key that is not deferrable: ${reason}`,
    advice: 'Refer to another key.',
  },
  {
    // invalid_table_definition: an unlogged or a temporary table.
    states: ['42P16'],
    routines: ['ATAddForeignKeyConstraint'],
    what: (reason, model) => `A foreign key of ${model} refers to a table of another kind: ${reason}`,
    advice: 'Refer to a table that is as permanent as this one.',
  },
  {
    // invalid_table_definition, wrong_object_type: a partition, a child, a typed table.
    states: ['42P16', '42809'],
    what: (reason, model) => `${model} cannot be changed like this: ${reason}`,
    advice:
      'If it is a partition, or a child of another table or of a type, change that one instead. A partition key cannot be changed.',
  },
  {
    // datatype_mismatch: a child has a column of the name, and of another type.
    states: ['42804'],
    routines: ['ATExecAddColumn', 'MergeAttributesIntoExisting', 'MergeChildAttribute'],
    what: (reason) => `A child of the table has a field of this name already: ${reason}`,
    advice: 'Choose another name.',
  },
  {
    // invalid_column_definition, syntax_error: a generated column.
    states: ['42611', '42601'],
    routines: ['ATPrepAlterColumnType', 'ATExecColumnDefault', 'ATAddForeignKeyConstraint'],
    isOf: isOfColumnOrKey,
    what: (reason) => `PostgreSQL computes this field from others: ${reason}`,
    advice: 'Drop it, and create it again as you want it.',
  },
  {
    // feature_not_supported: the table has partitions, or a column is computed when it is read.
    states: ['0A000'],
    routines: ['DefineIndex', 'index_create', 'ATAddForeignKeyConstraint', 'transformTableConstraint'],
    what: (reason, model) => `PostgreSQL cannot do this to ${model}: ${reason}`,
  },
  {
    states: ['0A000'],
    routines: ['find_composite_type_dependencies'],
    code: 'DEPENDENT_OBJECTS',
    what: (reason) => `The table is used as the type of a column: ${reason}`,
    advice: 'Drop that column first.',
  },
  {
    // object_in_use, by this very session.
    states: ['55006'],
    code: 'DATABASE_ERROR',
    what: (reason, model) => `Your own transaction still uses ${model}: ${reason}`,
    advice: 'Read its streams to the end and close its cursors, or run "set constraints all immediate" first.',
  },
];

function isOfColumnOrKey({ of }: Effect): boolean {
  return of === 'column' || of === 'reference';
}
