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
  if (state === '3F000' && reason.includes(`"${general.org}"`)) return undefined;
  const { routine = '' } = error as { readonly routine?: string };
  const effects = subjects.flatMap((subject) => subject.effects);
  const refusal = REFUSALS.find(
    ({ states, routines, isOf }) =>
      states.includes(state) &&
      (routines === undefined || routines.includes(routine)) &&
      (isOf === undefined || effects.some((effect) => isOf(effect, reason))),
  );
  if (refusal === undefined) return undefined;
  const model = general.table === undefined ? `schema "${general.org}"` : `"${general.org}"."${general.table}"`;
  const message = [
    `${refusal.what(reason, model)}. Nothing was changed.`,
    ...(refusal.advice === undefined ? [] : [refusal.advice]),
  ].join(' ');
  return { ...general, code: refusal.code ?? 'INVALID_SPEC', retryScope: 'none', message };
}
