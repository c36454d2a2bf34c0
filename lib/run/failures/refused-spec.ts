import type { Subject } from '../../plan/subject';
import { reasonOf } from './advice';
import type { Diagnosis } from './message';
import type { Refusal } from './refusal';
import { REFUSALS_OF_INDEXES } from './refusals-of-indexes';
import { REFUSALS_OF_TABLES } from './refusals-of-tables';
import { sqlStateOf } from './sql-states';

const REFUSALS: readonly Refusal[] = [...REFUSALS_OF_INDEXES, ...REFUSALS_OF_TABLES];

/** The server's refusal of a spec, as the fault that it is. */
export function refusedSpec(error: unknown, general: Diagnosis, subjects: readonly Subject[]): Diagnosis | undefined {
  const state = sqlStateOf(error);
  if (state === undefined) return undefined;
  const reason = reasonOf(error).replace(/\.$/, '');
  const { routine = '' } = error as { readonly routine?: string };
  const effects = subjects.flatMap((subject) => subject.effects);
  const refusal = REFUSALS.find(
    ({ states, routines, isOf }) =>
      states.includes(state) &&
      (routines === undefined || routines.includes(routine)) &&
      (isOf === undefined || effects.some((effect) => isOf(effect, reason, general.org))),
  );
  if (refusal === undefined) return undefined;
  const { code = 'INVALID_SPEC', what, advice } = refusal;
  return {
    ...general,
    code,
    retryScope: 'none',
    message: ({ model }) =>
      [`${what(reason, model)}. Nothing was changed.`, ...(advice === undefined ? [] : [advice])].join(' '),
  };
}
