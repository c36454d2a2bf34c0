import type { Identifier } from '../sql/identifier';
import { checkedChanges } from './checked-changes';
import type { CheckedChange } from './operations';
import { planned, type Planned } from './planner';

/** The first characters of a block that Unicode gives to nobody: no name has one, and hardly any text. */
const FIRST_PRIVATE = 0xe000;
const LAST_PRIVATE = 0xf8ff;

/**
 * A plan that is made once, with a placeholder that no name can be, and filled in for each org. The placeholder is in
 * no text of the changes, so that what is replaced is an org, and only that.
 *
 * @throws MigrationError where the changes are wrong for every org
 */
export function planForAny(
  changes: readonly CheckedChange[],
  sharedSchemas: readonly string[],
): (org: Identifier) => Planned {
  const anyOrg = placeholderFor(changes);
  const each = (org: Identifier): Planned => planned(org, checkedChanges(org, changes, sharedSchemas));
  if (anyOrg === undefined) return each;
  const plan = each(anyOrg);
  // A dollar sign can end the constant of a block, whose tag was chosen without the org.
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

/** The same with the org in every text; what has none in it is shared with all other orgs. */
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
