import { isPlainObject } from './plain-object';

/** A reference that a change makes, and where in it that stands. */
export interface ReferenceMade {
  readonly path: string;
  readonly schema: string;
}

/** A reference stands at a depth of four; what is deeper is refused by its codec. */
const MAX_DEPTH = 8;

/**
 * Every `references` in a change, wherever it stands: the gate against another tenant's tables reads this,
 * so that no operation can forget to tell of one. Also those of a change that has other faults. What is read is
 * a copy within the bounds of a spec, which ends.
 */
export function referencesMade(change: unknown): readonly ReferenceMade[] {
  const made: ReferenceMade[] = [];
  collect(change, '', 0, made);
  return made;
}

function collect(value: unknown, path: string, depth: number, made: ReferenceMade[]): void {
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => collect(item, `${path}[${index}]`, depth + 1, made));
    return;
  }
  if (!isPlainObject(value)) return;
  for (const key of Object.keys(value)) {
    const item = value[key];
    // A default is a value, whatever is in it.
    if (key === 'default' || typeof item !== 'object') continue;
    const here = path === '' ? key : `${path}.${key}`;
    const schema = key === 'references' && isPlainObject(item) ? item.schema : undefined;
    if (typeof schema === 'string') made.push({ path: `${here}.schema`, schema });
    collect(item, here, depth + 1, made);
  }
}
