import { isPlainObject } from '../codec/plain-object';
import type { Fault } from '../errors';
import { identifierFault, type Identifier } from '../sql/identifier';

/** A reference that a change makes, and where in it that stands. */
interface ReferenceMade {
  readonly path: string;
  readonly schema: string;
}

/** A reference stands at a depth of four; what is deeper is refused by its codec. */
const MAX_DEPTH = 8;

/** References that leave the tenant. A schema that is no name is the codec's to refuse. */
export function foreignTenants(change: unknown, org: Identifier, sharedSchemas: readonly string[]): readonly Fault[] {
  return referencesMade(change)
    .filter(({ schema }) => schema !== org && !sharedSchemas.includes(schema))
    .filter(({ schema }) => identifierFault(schema, 'schema') === undefined)
    .map(({ path, schema }) => ({
      path,
      message: `"${schema}" is neither the org nor one of sharedSchemas (${sharedSchemas.join(', ')})`,
      code: 'CROSS_TENANT_REFERENCE',
    }));
}

/**
 * Every `references` in a change, wherever it stands: the gate against another tenant's tables reads this,
 * so that no operation can forget to tell of one. Also those of a change that has other faults. What is read is
 * a copy within the bounds of a spec, which ends.
 */
function referencesMade(change: unknown): readonly ReferenceMade[] {
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
