import { isPlainObject } from './plain-object';

/** A reference that a change makes, and where in it that stands. */
export interface ReferenceMade {
  readonly path: string;
  readonly schema: string;
}

/**
 * Every `references` in a change, wherever it stands: the gate against another tenant's tables reads this,
 * so that no operation can forget to tell of one. Also those of a change that has other faults.
 */
export function referencesMade(change: unknown, path = ''): readonly ReferenceMade[] {
  if (Array.isArray(change)) return change.flatMap((item, index) => referencesMade(item, `${path}[${index}]`));
  if (!isPlainObject(change)) return [];
  return Object.entries(change).flatMap(([key, value]) => {
    // A default is a value, whatever is in it.
    if (key === 'default') return [];
    const here = path === '' ? key : `${path}.${key}`;
    const schema = key === 'references' && isPlainObject(value) ? value.schema : undefined;
    const made = typeof schema === 'string' ? [{ path: `${here}.schema`, schema }] : [];
    return [...made, ...referencesMade(value, here)];
  });
}
