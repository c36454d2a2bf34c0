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
  // An org with a dollar sign could end the constant of a block, whose tag was chosen without it.
  return (org) => (org.includes('$') ? each(org) : filledIn(plan, anyOrg, org));
}

function placeholderFor(changes: readonly CheckedChange[]): Identifier | undefined {
  const text = JSON.stringify(changes);
  for (let code = FIRST_PRIVATE; code <= LAST_PRIVATE; code += 1) {
    const character = String.fromCharCode(code);
    if (!text.includes(character)) return character as Identifier;
  }
  return undefined;
}

/** The same with the org in every text; parts without it are shared with all other orgs. */
function filledIn<T>(value: T, anyOrg: Identifier, org: Identifier): T {
  if (typeof value === 'string') {
    return (value.includes(anyOrg) ? value.replaceAll(anyOrg, () => org) : value) as T;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => filledIn(item, anyOrg, org));
    return items.every((item, at) => item === value[at]) ? value : (items as T);
  }
  const entries = Object.entries(value).map(([key, item]) => [key, filledIn(item as unknown, anyOrg, org)] as const);
  const isSame = entries.every(([key, item]) => item === (value as Readonly<Record<string, unknown>>)[key]);
  return isSame ? value : (Object.fromEntries(entries) as T);
}
