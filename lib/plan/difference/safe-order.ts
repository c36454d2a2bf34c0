import type { Identifier } from '../../sql/identifier';
import { createsTable, expectationsOf, presenceAfter, type Presence } from '../effects';
import { operationOf, type Change, type ChangeKind, type CheckedChange } from '../operations';

/** What is in the way goes first, such as a name that is wanted for something else; then what others need. */
const ORDER: readonly ChangeKind[] = [
  'dropReference',
  'dropIndex',
  'dropKey',
  'dropField',
  'dropModel',
  'addField',
  'alterField',
  'addKey',
  'createModel',
  'addIndex',
  'addReference',
];

/** Changes that run next to each other; models that are created together may refer to each other in circles. */
type Group = readonly Change[];

/**
 * Changes in an order in which each finds what it expects, by the effects that the operations declare: of what another
 * one of them makes, or takes away.
 */
export function inSafeOrder(changes: readonly Change[]): readonly Change[] {
  const left = groupsOf([...changes].sort((a, b) => rank(a) - rank(b)));
  const ordered: Change[] = [];
  while (left.length > 0) {
    const next = left.findIndex((group, at) => left.every((other, place) => place === at || !needs(group, other)));
    // Where each needs another one, the order of their kinds is as good as any.
    ordered.push(...left.splice(Math.max(0, next), 1).flat());
  }
  return ordered;
}

function rank({ kind }: Change): number {
  const at = ORDER.indexOf(kind);
  return at < 0 ? ORDER.length : at;
}

function groupsOf(changes: readonly Change[]): Group[] {
  const created = changes.filter((change) => createsTable(effectsOf(change)));
  const groups: Group[] = [];
  for (const change of changes) {
    if (!created.includes(change)) groups.push([change]);
    else if (change === created[0]) groups.push(created);
  }
  return groups;
}

/** Whether a group comes upon something that the other one is to make, or to take away. */
function needs(group: Group, other: Group): boolean {
  const made = new Set(other.flatMap((change) => presenceAfter(ANY, effectsOf(change)).map(keyOf)));
  return group.some((change) => expectationsOf(ANY, effectsOf(change)).some((expected) => made.has(keyOf(expected))));
}

/** References name a schema, which one of them all need: a table of the same name elsewhere only makes an order stricter. */
const ANY = '' as Identifier;

function keyOf({ table, column, present }: Presence): string {
  return JSON.stringify([table, column, present]);
}

function effectsOf(change: Change): ReturnType<ReturnType<typeof operationOf>['effects']> {
  return operationOf(change.kind).effects(ANY, change as CheckedChange);
}
