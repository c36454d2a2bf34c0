import { MigrationError, type Fault } from '../errors';
import { identifier } from '../sql/identifier';
import { isRecord } from '../codec/plain-object';

/**
 * The properties of a spec, to be spread into a change. A spec that also has the properties that the call sets is
 * refused, since they would be overwritten unnoticed; so is a text, which would be spread letter by letter.
 *
 * @throws MigrationError INVALID_IDENTIFIER if the org is not a name; otherwise INVALID_SPEC
 */
export function specOf<T extends object>(call: string, org: string, spec: T, given: readonly string[]): T {
  identifier(org, 'org');
  if (!isRecord(spec)) {
    const what = Array.isArray(spec) ? 'a list' : spec === null ? 'null' : typeof spec;
    throw new MigrationError(`${call} takes a spec, which is an object, not ${what}.`, { code: 'INVALID_SPEC', org });
  }
  const faults: Fault[] = given
    .filter((key) => Object.hasOwn(spec, key))
    .map((path) => ({ path, message: 'unknown key' }));
  if (faults.length === 0) return spec;
  const keys = faults.map(({ path }) => path).join(' or ');
  const { table } = spec as { readonly table?: unknown };
  throw new MigrationError(`${call} takes a spec, which has no ${keys}. Pass a change to applyChange instead.`, {
    code: 'INVALID_SPEC',
    org,
    table: typeof table === 'string' ? table : undefined,
    faults,
  });
}
