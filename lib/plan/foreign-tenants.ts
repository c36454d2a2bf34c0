import { isPlainObject } from '../codec/plain-object';
import type { Fault } from '../errors';
import { identifierFault, type Identifier } from '../sql/identifier';

/** A reference is at most four levels deep; its codec refuses deeper ones. */
const MAX_DEPTH = 8;

/**
 * Gives each reference that names no schema the org's, in place: what is given has been checked,
 * and is the gate's own.
 */
export function fillInOrg(change: unknown, org: Identifier): void {
  for (const reference of referencesMade(change)) reference.schema ??= org;
}

/** Schemas named that are not the tenant's. A schema that is not a name is refused by its codec. */
export function foreignTenants(
  change: unknown,
  org: Identifier | undefined,
  sharedSchemas: readonly string[],
): readonly Fault[] {
  return schemasNamed(change)
    .filter(({ schema }) => schema !== org && !sharedSchemas.includes(schema))
    .filter(({ schema }) => identifierFault(schema, 'schema') === undefined)
    .map(({ path, schema }) => ({
      path,
      message: `"${schema}" is neither the org nor one of sharedSchemas (${sharedSchemas.join(', ')})`,
      code: 'CROSS_TENANT_REFERENCE',
    }));
}

/**
 * Every schema that a change names, in a reference or an operator class: the check against other tenants' schemas reads
 * this, so no operation can forget one. Includes those of a change with other faults.
 */
function schemasNamed(change: unknown): readonly { readonly path: string; readonly schema: string }[] {
  const named: { path: string; schema: string }[] = [];
  visit(change, '', 0, (key, item, path) => {
    if (key === 'operatorClass' && typeof item === 'string' && item.includes('.')) {
      named.push({ path, schema: item.slice(0, item.indexOf('.')) });
    }
    const schema = key === 'references' && isPlainObject(item) ? item.schema : undefined;
    if (typeof schema === 'string') named.push({ path: `${path}.schema`, schema });
  });
  return named;
}

/** Every `references` anywhere in a change. */
function referencesMade(change: unknown): readonly Record<string, unknown>[] {
  const made: Record<string, unknown>[] = [];
  visit(change, '', 0, (key, item) => {
    if (key === 'references' && isPlainObject(item)) made.push(item);
  });
  return made;
}

/** Reads a copy within the limits of a spec, so it ends. */
function visit(
  value: unknown,
  path: string,
  depth: number,
  see: (key: string, item: unknown, path: string) => void,
): void {
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => visit(item, `${path}[${index}]`, depth + 1, see));
    return;
  }
  if (!isPlainObject(value)) return;
  for (const key of Object.keys(value)) {
    // A default is a value, whatever it contains.
    if (key === 'default') continue;
    const here = path === '' ? key : `${path}.${key}`;
    see(key, value[key], here);
    visit(value[key], here, depth + 1, see);
  }
}
