import type { NewType, TypeSpec } from '../../field-types/type-change';
import type { FieldChanges } from '../../spec/field-changes';
import type { Referenced } from '../../spec/referenced-table';
import type { Identifier } from '../../sql/identifier';

/** What to change about a column, and what is known about it. */
export interface Alteration {
  readonly table: Identifier;
  readonly column: Identifier;
  readonly set: FieldChanges;
  readonly from?: TypeSpec | undefined;
  readonly referencing?: readonly Referenced[] | undefined;
  readonly unconvertible?: NewType['unconvertible'];
}
