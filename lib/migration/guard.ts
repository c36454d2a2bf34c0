import { literal, dollarQuoted } from './literal';
import { GUARD_STATES } from './sql-states';

/** What a guard looks for, and what it says. */
export interface Guard {
  readonly kind: keyof typeof GUARD_STATES;
  /** A query that gives a row where something may be wrong: cheap, since it runs every time. */
  readonly test: string;
  /** An expression, computed only then: null where all is well after all. */
  readonly reason: string;
}

/**
 * Stops a plan, in the same round trip, where the catalog does not hold what it takes for granted. Reads
 * catalogs only, unless said otherwise.
 */
export function guard({ kind, test, reason }: Guard): string {
  return block(`declare reason text;
begin
  if exists (${test}) then
    reason := ${reason};
    if reason is not null then
      raise exception using errcode = ${literal(GUARD_STATES[kind])}, message = reason;
    end if;
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
