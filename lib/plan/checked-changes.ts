import { isLeft } from 'fp-ts/lib/Either';
import { boundedCopy, newBudget, type Budget } from '../codec/bounded-copy';
import { BOUNDS } from '../codec/bounds';
import { didYouMean } from '../codec/hints';
import { faultLines } from '../codec/fault-lines';
import { faultsOf } from '../codec/object-codec';
import { isRecord } from '../codec/plain-object';
import { MigrationError, type Fault } from '../errors';
import { shownBeginning } from '../errors/shown';
import type { Identifier } from '../sql/identifier';
import { fillInOrg, foreignTenants } from './foreign-tenants';
import { operationOf, operations, type ChangeKind, type CheckedChange } from './operations';

/**
 * The gate through which every change comes, from code and from JSON alike.
 *
 * @param org without one the changes are for any: a reference that names no schema names none afterwards either
 */
export function checkedChanges(
  org: Identifier | undefined,
  changes: readonly unknown[],
  sharedSchemas: readonly string[],
): readonly CheckedChange[] {
  if (!Array.isArray(changes)) {
    throw new MigrationError('The changes must be a list.', { code: 'INVALID_SPEC', org });
  }
  if (changes.length > BOUNDS.changes) {
    throw new MigrationError(`There must be at most ${BOUNDS.changes} changes in one call, not ${changes.length}.`, {
      code: 'INVALID_SPEC',
      org,
    });
  }
  const budget = newBudget();
  const checkedOnes: CheckedChange[] = [];
  // By index, holes included.
  for (let index = 0; index < changes.length; index += 1) {
    checkedOnes.push(checked(org, (changes as readonly unknown[])[index], sharedSchemas, budget));
  }
  return checkedOnes;
}

function checked(
  org: Identifier | undefined,
  given: unknown,
  sharedSchemas: readonly string[],
  budget: Budget,
): CheckedChange {
  const bounded = boundedCopy(given, budget);
  if ('fault' in bounded) throw refusedError('A change', org, undefined, [bounded.fault]);
  const change = bounded.copy;
  const kind = kindOf(change);
  if (kind === undefined) {
    const kinds = Object.keys(operations);
    const message = `must be one of ${kinds.join(', ')}${didYouMean(isRecord(change) && change.kind, kinds)}`;
    throw refusedError('A change', org, change, [{ path: 'kind', message }]);
  }
  const decoded = operationOf(kind).codec.decode(change);
  const faults = isLeft(decoded)
    ? [...faultsOf(decoded.left), ...foreignTenants(change, org, sharedSchemas)]
    : foreignTenants(decoded.right, org, sharedSchemas);
  if (isLeft(decoded) || faults.length > 0) throw refusedError(kind, org, change, faults);
  // Decoded, it is nobody's but ours.
  if (org !== undefined) fillInOrg(decoded.right, org);
  return decoded.right;
}

function kindOf(change: unknown): ChangeKind | undefined {
  const kind = isRecord(change) ? change.kind : undefined;
  return typeof kind === 'string' && Object.hasOwn(operations, kind) ? (kind as ChangeKind) : undefined;
}

/** Every fault in a single error. It has a narrower code only if all faults have it. */
function refusedError(
  what: string,
  org: string | undefined,
  change: unknown,
  faults: readonly Fault[],
): MigrationError {
  const { table: given } = (change ?? {}) as { readonly table?: unknown };
  const table = typeof given === 'string' ? shownBeginning(given) : undefined;
  const code = faults[0]?.code;
  const subject = table === undefined ? what : `${what} "${table}"`;
  const listed = faults.slice(0, BOUNDS.faults);
  const lines = faultLines(faults);
  const list = lines.length === 1 ? ` ${lines.join()}` : `\n  ${lines.join('\n  ')}`;
  return new MigrationError(`${subject} was refused, and nothing was sent to the database.${list}`, {
    code: code !== undefined && faults.every((fault) => fault.code === code) ? code : 'INVALID_SPEC',
    org,
    table,
    faults: listed,
  });
}
