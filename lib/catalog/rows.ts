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

// As record_out writes them: `(1,name,"two words","a ""quote""",,t)`; nothing between two commas is null.
const PART = /"((?:[^"\\]|""|\\[\s\S])*)"|[^,()]+/y;

/** Records that stand one after the other. */
export function recordsIn(text: string | null): readonly (readonly (string | null)[])[] {
  const records: (string | null)[][] = [];
  for (let at = 0; text !== null && at < text.length; at += 1) {
    const record: (string | null)[] = [];
    do {
      at += 1;
      PART.lastIndex = at;
      const found = PART.exec(text);
      if (found !== null) at = PART.lastIndex;
      record.push(found === null ? null : (found[1]?.replace(/""|\\([\s\S])/g, unescaped) ?? found[0]));
    } while (text[at] === ',');
    records.push(record);
  }
  return records;
}

function unescaped(pair: string, character: string | undefined): string {
  return character ?? pair.slice(1);
}
