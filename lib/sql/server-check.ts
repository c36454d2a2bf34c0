import { literal, dollarQuoted } from './literal';
import { CONCAT } from './qualified-sql';

/** Raised by the guards of our own plans; class TD is no standard's, and not PostgreSQL's. */
export const GUARD_STATES = {
  dependents: 'TD001',
  hazard: 'TD002',
  index: 'TD003',
  default: 'TD004',
  isolation: 'TD010',
  outside: 'TD020',
  unforeseen: 'TD005',
  spec: 'TD006',
  indexExists: 'TD007',
  identity: 'TD008',
  ledger: 'TD030',
} as const;

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
  return block(`declare reason pg_catalog.text;
begin
  if exists (${test}) then
    reason := ${reason};
    if reason is not null then
      raise exception using errcode = ${literal(GUARD_STATES[kind])}, message = reason;
    end if;
  end if;
end`);
}

/**
 * An expression that fails as {@link guard} does, where what stops the plan is a query: SQL has no RAISE, but
 * a setting that does not exist is named in the error. {@link asGuardSaid} reads it.
 */
export function failing(kind: Guard['kind'], reason: string): string {
  return `pg_catalog.current_setting('tenant_ddl.${GUARD_STATES[kind]}(' ${CONCAT} (${reason}) ${CONCAT} ')')`;
}

/** What the guard of dropField says: the field, its table, and what is over other fields too. */
export function sharedIn(reason: string): { column: string; table: string; names: string } | undefined {
  const [, column, table, names] = /^(\S+) "[^"]*"\."([^"]*)": (.*)$/s.exec(reason) ?? [];
  return column === undefined || table === undefined || names === undefined ? undefined : { column, table, names };
}

/** Before the name of a trigger, among those of what stands in the way of a drop. A space is in no name of ours. */
export const TRIGGER = 'trigger ';

/** undefined_object, with the name that was asked for. */
const FAILED = /tenant_ddl\.(TD\d{3})\((.*)\)/s;

/** Gives an error of {@link failing} the state and the words of one of {@link guard}. */
export function asGuardSaid(error: Error & { code?: unknown }): void {
  const [, state, reason = ''] = (error.code === '42704' ? FAILED.exec(error.message) : null) ?? [];
  if (state !== undefined) Object.assign(error, { code: state, message: reason });
}

/** An anonymous block (manual, DO). */
export function block(code: string): string {
  return `do ${dollarQuoted(code)}`;
}

/** pg-mem has no catalogs to look into, and no blocks. */
export function isBlock(statement: string): boolean {
  return statement.startsWith('do $');
}
