import { literal, dollarQuoted } from './literal';
import { GUARD_STATES } from './sql-states';

/**
 * Stops a plan, in the same round trip, where the catalog does not hold what it takes for granted. The
 * query gives one column, `reason`: null where all is well. Reads catalogs only, unless said otherwise.
 */
export function guard(kind: keyof typeof GUARD_STATES, query: string): string {
  return block(`declare reason text := (${query});
begin
  if reason is not null then
    raise exception using errcode = ${literal(GUARD_STATES[kind])}, message = reason;
  end if;
end`);
}

/** An anonymous block (manual, DO). */
export function block(code: string): string {
  return `do ${dollarQuoted(code)}`;
}

/** pg-mem has no catalogs to look into, and no blocks. */
export function isBlock(statement: string): boolean {
  return statement.startsWith('do $');
}
