import type { Effect } from '../../plan/effects';
import { NEEDS_NEWER } from '../../plan/index-hazards';
import type { Subject } from '../../plan/subject';
import type { Index } from '../../spec/index-spec';
import { reasonOf } from './advice';
import type { Failed } from './message';
import { sqlStateOf } from './sql-states';

interface Refusal {
  readonly states: readonly string[];
  readonly isOf: (index: Index, reason: string) => boolean;
  readonly message: (reason: string) => string;
}

/** What a server says of an index whose spec is well formed, and is still not for this server. */
const REFUSALS: readonly Refusal[] = [
  {
    // syntax_error. PostgreSQL 14 reads a whole batch before it runs any of it, so no guard comes before this.
    states: ['42601'],
    isOf: ({ nullsNotDistinct }) => nullsNotDistinct === true,
    message: () => NEEDS_NEWER,
  },
  {
    // undefined_object, and datatype_mismatch where the class is not for the type of the column.
    states: ['42704', '42804'],
    isOf: (index) => classesOf(index).length > 0,
    message: (reason) => `An index names an operator class that it cannot have: ${reason}`,
  },
  {
    // invalid_schema_name: of the class, where it is not the org. The message has the name, in any language.
    states: ['3F000'],
    isOf: (index, reason) =>
      classesOf(index).some((name) => name.includes('.') && reason.includes(`"${name.split('.', 1).join()}"`)),
    message: (reason) => `An index names an operator class of a schema that is not there: ${reason}`,
  },
];

/** The server's refusal of an index, as the fault of its spec that it is. */
export function refusedIndex(error: unknown, general: Failed, subjects: readonly Subject[]): Failed | undefined {
  const state = sqlStateOf(error);
  const reason = reasonOf(error).replace(/\.$/, '');
  if (state === '3F000' && reason.includes(`"${general.org}"`)) return undefined;
  const indexes = subjects.flatMap(({ effects }) => effects.flatMap(indexesOf));
  const refusal = REFUSALS.find(
    ({ states, isOf }) => state !== undefined && states.includes(state) && indexes.some((index) => isOf(index, reason)),
  );
  if (refusal === undefined) return undefined;
  const message = `${refusal.message(reason)}. Nothing was changed.`;
  return { ...general, code: 'INVALID_SPEC', subject: { advice: { INVALID_SPEC: () => message } } };
}

function indexesOf(effect: Effect): readonly Index[] {
  if (effect.verb !== 'adds') return [];
  return effect.of === 'index' ? [effect.index] : effect.of === 'table' ? (effect.model.indexes ?? []) : [];
}

function classesOf({ columns }: Index): readonly string[] {
  return columns.flatMap((column) => (typeof column === 'string' ? [] : (column.operatorClass ?? [])));
}
