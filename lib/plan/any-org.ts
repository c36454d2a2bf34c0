import type { Identifier } from '../sql/identifier';
import { checkedChanges } from './checked-changes';
import type { CheckedChange } from './operations';
import { planned, type Planned } from './planner';

/** The first characters of a private-use block of Unicode: no name contains one, and hardly any text. */
const FIRST_PRIVATE = 0xe000;
const LAST_PRIVATE = 0xf8ff;

/**
 * A plan that is made once, with a placeholder that cannot be a name, and filled in for each org. No text of the
 * changes contains the placeholder, so only the org is replaced.
 *
 * @throws MigrationError if the changes are wrong for every org
 */
export function planForAny(
  changes: readonly CheckedChange[],
  sharedSchemas: readonly string[],
): (org: Identifier) => Planned {
  const anyOrg = placeholderFor(changes);
  const each = (org: Identifier): Planned => planned(org, checkedChanges(org, changes, sharedSchemas));
  if (anyOrg === undefined) return each;
  const plan = each(anyOrg);
  const filled = fillOf(plan, anyOrg) ?? (() => plan);
  // An org with a dollar sign could end the constant of a block, whose tag was chosen without it.
  return (org) => (org.includes('$') ? each(org) : (filled(org) as Planned));
}

function placeholderFor(changes: readonly CheckedChange[]): Identifier | undefined {
  const text = JSON.stringify(changes);
  for (let code = FIRST_PRIVATE; code <= LAST_PRIVATE; code += 1) {
    const character = String.fromCharCode(code);
    if (!text.includes(character)) return character as Identifier;
  }
  return undefined;
}

/** Fills in an org. */
type Fill = (org: Identifier) => unknown;

/** Finds the places of the org once. Undefined for a value without it, which all orgs share. */
function fillOf(value: unknown, anyOrg: Identifier): Fill | undefined {
  if (typeof value === 'string') {
    const parts = value.split(anyOrg);
    return parts.length === 1 ? undefined : (org) => parts.join(org);
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fills: (readonly [string, Fill])[] = [];
  for (const [key, item] of Object.entries(value)) {
    const fill = fillOf(item, anyOrg);
    if (fill !== undefined) fills.push([key, fill]);
  }
  if (fills.length === 0) return undefined;
  return (org) => {
    const copy = (Array.isArray(value) ? [...(value as unknown[])] : Object.assign({}, value)) as Record<
      string,
      unknown
    >;
    for (const [key, fill] of fills) copy[key] = fill(org);
    return copy;
  };
}
