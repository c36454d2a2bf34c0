import type { Identifier } from './identifier';
import { literal, dollarQuoted } from './literal';
import { CONCAT } from './qualified-sql';

/** Raised by the guards of our plans; neither the standard nor PostgreSQL uses class TD. */
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
  reference: 'TD009',
  referenceExists: 'TD011',
  elsewhere: 'TD012',
  ledger: 'TD030',
  online: 'TD040',
  left: 'TD041',
} as const;

/** What a guard looks for, and its message. */
export interface Guard {
  readonly kind: keyof typeof GUARD_STATES;
  /** A query that returns a row if something may be wrong: cheap, since it runs every time. */
  readonly test: string;
  /** An expression for the reason, evaluated only then: null if nothing is wrong after all. */
  readonly reason: string;
  /** Where it is, for the error: of a list of changes, the server names none. */
  readonly at?: { readonly table: Identifier; readonly column?: Identifier | undefined };
}

/**
 * Stops a plan, in the same round trip, if the catalog contradicts what the plan assumes. Reads only catalogs,
 * unless noted otherwise.
 */
export function guard({ kind, test, reason, at }: Guard): string {
  const table = at === undefined ? '' : `, table = ${literal(at.table)}`;
  const column = at?.column === undefined ? '' : `, column = ${literal(at.column)}`;
  return block(`declare reason pg_catalog.text;
begin
  if exists (${test}) then
    reason := ${reason};
    if reason is not null then
      raise exception using errcode = ${literal(GUARD_STATES[kind])}, message = reason${table}${column};
    end if;
  end if;
end`);
}

/**
 * An expression that fails like {@link guard}, for plans that a query stops: SQL has no RAISE, but the error for a
 * missing setting contains its name. {@link asGuardSaid} reads it.
 */
export function failing(kind: Guard['kind'], reason: string): string {
  return `pg_catalog.current_setting('tenant_ddl.${GUARD_STATES[kind]}(' ${CONCAT} (${reason}) ${CONCAT} ')')`;
}

/** The message of dropField's guard: the field, its table, and the objects that also cover other fields. */
export function sharedIn(reason: string): { column: string; table: string; names: string } | undefined {
  const [, column, table, names] = /^(\S+) "[^"]*"\."([^"]*)": (.*)$/s.exec(reason) ?? [];
  return column === undefined || table === undefined || names === undefined ? undefined : { column, table, names };
}

/** Marks a trigger among the names of objects in the way of a drop. None of our names contains a space. */
export const TRIGGER = 'trigger ';

/** undefined_object, with the requested name. */
const FAILED = /tenant_ddl\.(TD\d{3})\((.*)\)/s;

/** Gives an error of {@link failing} the state and the message of one of {@link guard}. */
export function asGuardSaid(error: Error & { code?: unknown }): void {
  const [, state, reason = ''] = (error.code === '42704' ? FAILED.exec(error.message) : null) ?? [];
  if (state !== undefined) Object.assign(error, { code: state, message: reason });
}

/** An anonymous block (manual, DO). */
export function block(code: string): string {
  return `do ${dollarQuoted(code)}`;
}

/** pg-mem has neither these catalogs nor blocks. */
export function isBlock(statement: string): boolean {
  return statement.startsWith('do $');
}
