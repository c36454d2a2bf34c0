import type { Fault } from '../errors';

/** PostgreSQL's limit for an index and a foreign key (manual, Appendix K: INDEX_MAX_KEYS). */
export const MAX_KEY_COLUMNS = 32;

/** Faults in the columns of an index or a key. */
export function columnFaults(listed: readonly string[], path: string): Fault[] {
  const faults = repeated(listed, (index) => `${path}[${index}]`);
  if (listed.length === 0) faults.push({ path, message: 'must not be empty' });
  if (listed.length > MAX_KEY_COLUMNS) faults.push({ path, message: `must be at most ${MAX_KEY_COLUMNS}` });
  return faults;
}

/** The names that are in a list already. */
export function repeated(names: readonly string[], path: (index: number) => string): Fault[] {
  const seen = new Map<string, number>();
  return names.flatMap((name, index) => {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    return name === '' || first === undefined ? [] : [{ path: path(index), message: `duplicates ${path(first)}` }];
  });
}
