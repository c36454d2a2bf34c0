import { isPassedOn } from './server-error';
import { sqlStateOf } from './sql-states';

/**
 * A view, a trigger, a policy or a generated column uses the column whose type is to change. These SQLSTATEs mean
 * many other things too; the name of the function in the server is the same in every language.
 */
export function isUseOfColumn(error: unknown): boolean {
  const { routine } = error as { readonly routine?: string };
  const state = sqlStateOf(error) ?? '';
  return ['0A000', '42601'].includes(state) && COLUMN_USE_ROUTINES.includes(routine ?? '');
}

/** data_exception, or NaN for an integer, which is feature_not_supported: a row that the new type cannot take. */
export function isConversion(error: unknown): boolean {
  const { routine = '' } = error as { readonly routine?: string };
  const state = sqlStateOf(error) ?? '';
  // Of a worker of Citus, the coordinator names no function of the worker's.
  const isOfWorker = isPassedOn(error) && /\b(?:NaN|infinity)\b/i.test((error as Error).message);
  return state.startsWith('22') || (state === '0A000' && (routine.startsWith('numeric_') || isOfWorker));
}

const COLUMN_USE_ROUTINES = ['ATExecAlterColumnType', 'RememberAllDependentForRebuilding'];
