import { isPlainObject } from './plain-object';

/** A reference that a change makes, and where in it that stands. */
export interface ReferenceMade {
  readonly path: string;
  readonly schema: string;
}

/** A reference stands at a depth of four; what is deeper is refused by its codec. */
const MAX_DEPTH = 8;

/** As many as a list may have; a longer one is refused by its codec. */
const MAX_ITEMS = 5000;

/**
 * Every `references` in a change, wherever it stands: the gate against another tenant's tables reads this,
 * so that no operation can forget to tell of one. Also those of a change that has other faults.
 */
export function referencesMade(change: unknown, path = '', depth = 0): readonly ReferenceMade[] {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(change))
    return change.slice(0, MAX_ITEMS).flatMap((item, index) => referencesMade(item, `${path}[${index}]`, depth + 1));
  if (!isPlainObject(change)) return [];
  return Object.entries(change).flatMap(([key, value]) => {
    // A default is a value, whatever is in it.
    if (key === 'default') return [];
    const here = path === '' ? key : `${path}.${key}`;
    const schema = key === 'references' && isPlainObject(value) ? value.schema : undefined;
    const made = typeof schema === 'string' ? [{ path: `${here}.schema`, schema }] : [];
    return [...made, ...referencesMade(value, here, depth + 1)];
  });
}
