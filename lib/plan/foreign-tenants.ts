import { isPlainObject } from '../codec/plain-object';
import type { Fault } from '../errors';
import { identifierFault, type Identifier } from '../sql/identifier';

/** A reference in a change, and its path. */
interface ReferenceMade {
  readonly path: string;
  readonly reference: Record<string, unknown>;
}

/** A reference is at most four levels deep; its codec refuses deeper ones. */
const MAX_DEPTH = 8;

/**
 * Gives each reference that names no schema the org's, in place: what is given has been checked,
 * and is the gate's own.
 */
export function fillInOrg(change: unknown, org: Identifier): void {
  for (const { reference } of referencesMade(change)) reference.schema ??= org;
}

/** References that leave the tenant. A schema that is not a name is refused by its codec. */
export function foreignTenants(
  change: unknown,
  org: Identifier | undefined,
  sharedSchemas: readonly string[],
): readonly Fault[] {
  return referencesMade(change)
    .flatMap(({ path, reference: { schema } }) =>
      typeof schema === 'string' ? [{ path: `${path}.schema`, schema }] : [],
    )
    .filter(({ schema }) => schema !== org && !sharedSchemas.includes(schema))
    .filter(({ schema }) => identifierFault(schema, 'schema') === undefined)
    .map(({ path, schema }) => ({
      path,
      message: `"${schema}" is neither the org nor one of sharedSchemas (${sharedSchemas.join(', ')})`,
      code: 'CROSS_TENANT_REFERENCE',
    }));
}

/**
 * Every `references` anywhere in a change: the check against other tenants' tables reads this, so no operation can
 * forget one. Includes those of a change with other faults. Reads a copy within the limits of a spec, so it ends.
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
    // A default is a value, whatever it contains.
    if (key === 'default' || typeof item !== 'object') continue;
    const here = path === '' ? key : `${path}.${key}`;
    if (key === 'references' && isPlainObject(item)) made.push({ path: here, reference: item });
    collect(item, here, depth + 1, made);
  }
}
