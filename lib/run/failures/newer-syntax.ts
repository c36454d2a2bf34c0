import type { Effect } from '../../plan/effects';
import { NEEDS_NEWER } from '../../plan/index-hazards';
import type { Subject } from '../../plan/subject';
import type { Failed } from './message';
import { sqlStateOf } from './sql-states';

const SYNTAX_ERROR = '42601';

/** PostgreSQL 14 reads a whole batch before it runs any of it, so no guard comes before what it has no words for. */
export function newerSyntax(error: unknown, general: Failed, subjects: readonly Subject[]): Failed | undefined {
  if (sqlStateOf(error) !== SYNTAX_ERROR || !subjects.some(({ effects }) => effects.some(isNullsNotDistinct))) {
    return undefined;
  }
  return { ...general, code: 'INVALID_SPEC', subject: { advice: { INVALID_SPEC: () => MESSAGE } } };
}

const MESSAGE = `${NEEDS_NEWER}. Nothing was changed.`;

function isNullsNotDistinct(effect: Effect): boolean {
  if (effect.verb !== 'adds') return false;
  const indexes = effect.of === 'index' ? [effect.index] : effect.of === 'table' ? (effect.model.indexes ?? []) : [];
  return indexes.some(({ nullsNotDistinct }) => nullsNotDistinct === true);
}
