import type { Index, IndexColumn } from '../spec/index-spec';
import type { Identifier } from '../sql/identifier';

/** Whether an index makes a column unique, by itself and in every row. */
export function makesUnique({ unique, columns: [first, ...others], where }: Index, column: Identifier): boolean {
  return unique === true && where === undefined && others.length === 0 && isBare(first, column);
}

/** In whatever order, but as it is. */
function isBare(found: IndexColumn | undefined, column: Identifier): boolean {
  if (found === undefined || typeof found === 'string') return found === column;
  return found.column === column && found.lower === undefined;
}

/** With a column by its new name. */
export function renamedIn(index: Index, renamed: (name: Identifier) => Identifier): Index {
  const { columns, include, where } = index;
  const ofObject = <T extends { readonly column: Identifier }>(one: T): T => ({ ...one, column: renamed(one.column) });
  return {
    ...index,
    columns: columns.map((column) => (typeof column === 'string' ? renamed(column) : ofObject(column))),
    ...(include === undefined ? {} : { include: include.map(renamed) }),
    ...(where === undefined ? {} : { where: where.map(ofObject) }),
  };
}
