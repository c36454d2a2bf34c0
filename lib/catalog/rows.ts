/** A row of the answer. */
export interface Row {
  readonly kind: string;
  readonly body: string | null;
}

export function all<T>(rows: readonly Row[], kind: string): T[] {
  return rows.filter((row) => row.kind === kind && row.body !== null).map(({ body }) => JSON.parse(body ?? '') as T);
}

export function only<T>(rows: readonly Row[], kind: string): readonly T[] {
  return all<readonly T[]>(rows, kind)[0] ?? [];
}

export function wordsIn(text: string): string[] {
  return text.split(',').filter((word) => word !== '');
}

/** `1 2` and `{1,2}`. */
export function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}
