import { literal } from '../../sql/literal';
import type { Answer } from './send';
import { valueOf } from './send';

/**
 * An expression of text or a number, as a column; null if the role may not call the functions in it. A server can
 * revoke them, and PostgreSQL checks the right before a query begins, even in a branch that is never taken: so the
 * branch runs a separate query. {@link permittedIn} reads it.
 *
 * @param functions with their arguments, as `pg_catalog.to_regprocedure` takes them
 */
export function ifPermitted(functions: readonly string[], expression: string): string {
  return `case when ${functions.map(isCallable).join(' and ')}
    then pg_catalog.query_to_xml(${literal(`select ${expression} as v`)}, false, false, '')::pg_catalog.text end`;
}

function isCallable(name: string): string {
  const oid = `pg_catalog.to_regprocedure(${literal(`pg_catalog.${name}`)})::pg_catalog.oid`;
  return `pg_catalog.has_function_privilege(${oid}, 'execute')`;
}

/** The text of a column of {@link ifPermitted}; it never contains characters that XML escapes. */
export function permittedIn(answers: readonly Answer[], column: string): string | undefined {
  const xml = valueOf(answers, column);
  return typeof xml === 'string' ? /<v>([^<]*)<\/v>/.exec(xml)?.[1] : undefined;
}
