import type { Effect } from '../../plan/effects';
import { NEEDS_NEWER } from '../../plan/index-hazards';
import type { Index } from '../../spec/index-spec';
import type { Refusal } from './refusal';

/** What a server says of an index. */
export const REFUSALS_OF_INDEXES: readonly Refusal[] = [
  {
    // syntax_error. PostgreSQL 14 reads a whole batch before it runs any of it, so no guard comes before this.
    states: ['42601'],
    isOf: indexed(({ nullsNotDistinct }) => nullsNotDistinct === true),
    what: () => NEEDS_NEWER,
  },
  {
    // undefined_object, and datatype_mismatch where the class is not for the type of the column.
    states: ['42704', '42804'],
    isOf: indexed((index) => classesOf(index).length > 0),
    what: (reason) => `An index names an operator class that it cannot have: ${reason}`,
  },
  {
    // invalid_schema_name: of the class, where it is not the org. The message has the name, in any language.
    states: ['3F000'],
    isOf: indexed((index, reason, org) =>
      schemasOf(index).some((schema) => schema !== org && reason.includes(`"${schema}"`)),
    ),
    what: (reason) => `An index names an operator class of a schema that is not there: ${reason}`,
  },
  {
    // undefined_object, of an access method and a type.
    states: ['42704'],
    routines: ['ResolveOpClass'],
    isOf: indexed(({ method }) => method !== undefined),
    what: (reason) => `An index has a method that is not for the type of its field: ${reason}`,
    advice: 'Name an operatorClass, or leave out the method.',
  },
  {
    // undefined_function: lower(integer).
    states: ['42883'],
    routines: ['ParseFuncOrColumn'],
    isOf: indexed(({ columns }) => columns.some((column) => typeof column !== 'string' && column.lower === true)),
    what: (reason) => `An index is on the lower case of a field that is not a text: ${reason}`,
    advice: 'Leave out lower.',
  },
  {
    // undefined_function: an operator; data exceptions, whose words contain the value.
    states: ['42883', '22P02', '22003', '22007', '22008', '22023', '2201X'],
    isOf: indexed(({ where = [] }) => where.some((condition) => 'equals' in condition)),
    what: () => 'The condition of an index compares a field with a value that is not of its type',
    advice: 'Correct the value in where.',
  },
];

type OfIndex = (index: Index, reason: string, org: string | undefined) => boolean;

function indexed(test: OfIndex): NonNullable<Refusal['isOf']> {
  return (effect, reason, org) => indexesOf(effect).some((index) => test(index, reason, org));
}

function indexesOf(effect: Effect): readonly Index[] {
  if (effect.verb !== 'adds') return [];
  return effect.of === 'index' ? [effect.index] : effect.of === 'table' ? (effect.model.indexes ?? []) : [];
}

function classesOf({ columns }: Index): readonly string[] {
  return columns.flatMap((column) => (typeof column === 'string' ? [] : (column.operatorClass ?? [])));
}

/** Of the classes that name one. */
function schemasOf(index: Index): readonly string[] {
  return classesOf(index).flatMap((name) => (name.includes('.') ? name.split('.', 1) : []));
}
