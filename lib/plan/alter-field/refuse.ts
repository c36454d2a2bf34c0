import type { Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { GUARD_STATES } from '../../sql/server-check';

/**
 * A statement of a block: stops it if the condition holds. `reason` is an expression. The block declares
 * {@link placeOf} the change, for the error: of a list of changes, the server names none.
 */
export function refuse(kind: keyof typeof GUARD_STATES, when: string, reason: string): string {
  return `if ${when} then
    raise exception using errcode = '${GUARD_STATES[kind]}', message = ${reason}, table = change_table, column = change_column;
  end if;`;
}

/** Declarations of a block, for {@link refuse}. */
export function placeOf(table: Identifier, column: Identifier): string {
  return `change_table constant pg_catalog.text := ${literal(table)};
  change_column constant pg_catalog.text := ${literal(column)};`;
}
