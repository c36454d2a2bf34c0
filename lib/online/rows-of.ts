import type { Answer } from '../run/wire/send';

/** The rows of the last statement. */
export function rowsOf<T>(answers: readonly Answer[]): readonly T[] {
  return (answers.at(-1)?.rows ?? []) as readonly unknown[] as readonly T[];
}
