import { MigrationError } from '../../errors';
import { GUARD_STATES, sharedIn, TRIGGER } from '../../sql/server-check';
import { sqlStateOf } from './sql-states';
import { reasonOf } from './advice';

/** The objects in the way of a drop, or of a new type. */
export interface InTheWay {
  /** Objects of the change's own table that also cover other columns. */
  readonly shared: boolean;
  /** Triggers of the change's own table whose functions name the column. */
  readonly triggers: readonly string[];
  /** For the message: none of another schema. */
  readonly names: string;
  /** Everything, for `error.dependents`. */
  readonly all: readonly string[];
}

/** A name before a dot and another name: a schema, in the server's name for an object. */
const SCHEMA = /("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$-]*)\.(?=["\p{L}_])/gu;

/** @param found their names, if the error does not have them */
export function inTheWay(error: unknown, org: string, found?: readonly string[]): InTheWay {
  const reason = reasonOf(error);
  if (sqlStateOf(error) === GUARD_STATES.dependents) {
    const all = (sharedIn(reason)?.names ?? reason).split(', ');
    const [triggers, others] = [true, false].map((is) => all.filter((name) => name.startsWith(TRIGGER) === is));
    return { shared: true, triggers: triggers ?? [], names: (others ?? []).join(', '), all };
  }
  const { detail } = (error ?? {}) as { readonly detail?: string };
  const said = sqlStateOf(error) === GUARD_STATES.left ? reason.split('; ') : (detail ?? reason).split('\n');
  const all = found ?? said.map((line) => line.replace(/\.$/, ''));
  const own = all.filter((line) => isOwn(line, org));
  const hidden = all.length - own.length;
  const others = hidden === 0 ? [] : [`${hidden} outside schema "${org}" (see error.dependents)`];
  return { shared: false, triggers: [], names: [...own, ...others].join('; '), all };
}

/** Why a field is not dropped unless these are listed in `cascade`. */
export function sharedReason(field: string, { names, triggers }: InTheWay): string {
  const failing = `The function of ${triggers.join(', ')} names ${field}, so every later write could fail. Change the function first, or list the trigger in cascade.`;
  const dropped = `Dropping ${field} would also drop objects that cover other fields too, or that a publication needs: ${names}. List them in cascade to drop them as well, or drop them first.`;
  return [...(names === '' ? [] : [dropped]), ...(triggers.length === 0 ? [] : [failing])].join(' ');
}

/** The server names an object with its schema, unless that is in the search_path, which has only shared ones. */
function isOwn(line: string, org: string): boolean {
  return [...line.matchAll(SCHEMA)].every(([, name = '']) => name.replace(/^"|"$/g, '').replaceAll('""', '"') === org);
}

/** The most names in the message. */
const MAX_NAMED = 20;

/** The error of dropTenant. Its reader is the operator of the service, so the message names other schemas. */
export function outsideError(error: unknown, org: string): MigrationError {
  const dependents = JSON.parse(reasonOf(error)) as readonly string[];
  const names = dependents.slice(0, MAX_NAMED).join(', ') + (dependents.length > MAX_NAMED ? ', …' : '');
  return new MigrationError(`Objects outside schema "${org}" depend on objects in it: ${names}. Drop these first.`, {
    code: 'DEPENDENT_OBJECTS',
    org,
    sqlState: sqlStateOf(error),
    dependents,
    cause: error,
  });
}
