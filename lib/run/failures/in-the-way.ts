import { MigrationError } from '../../errors';
import { GUARD_STATES, sharedIn, TRIGGER } from '../../sql/server-check';
import { sqlStateOf } from './sql-states';
import { reasonOf } from './advice';

/** What stands in the way of a drop, or of a new type. */
export interface InTheWay {
  /** Of the change's own table, and shared with other columns. */
  readonly shared: boolean;
  /** Of the change's own table: their functions name the column. */
  readonly triggers: readonly string[];
  /** For the message: none of another schema's. */
  readonly names: string;
  /** Everything, for `error.dependents`. */
  readonly all: readonly string[];
}

/** A name that a dot follows: a schema, in the server's words for an object. */
const SCHEMA = /("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$-]*)\./gu;

export function inTheWay(error: unknown, org: string): InTheWay {
  const reason = reasonOf(error);
  if (sqlStateOf(error) === GUARD_STATES.dependents) {
    const all = (sharedIn(reason)?.names ?? reason).split(', ');
    const [triggers, others] = [true, false].map((is) => all.filter((name) => name.startsWith(TRIGGER) === is));
    return { shared: true, triggers: triggers ?? [], names: (others ?? []).join(', '), all };
  }
  const { detail } = (error ?? {}) as { readonly detail?: string };
  const all = (detail ?? reason).split('\n');
  const own = all.filter((line) => isOwn(line, org));
  const hidden = all.length - own.length;
  const others = hidden === 0 ? [] : [`${hidden} outside schema "${org}", which error.dependents names`];
  return { shared: false, triggers: [], names: [...own, ...others].join('; '), all };
}

/** What keeps a field from being dropped until it is named in `cascade`. */
export function sharedReason(field: string, { names, triggers }: InTheWay): string {
  const failing = `The function of ${triggers.join(', ')} names ${field}, and could fail for every row that is written after the drop. Change the function first, or name the trigger in cascade.`;
  const dropped = `Dropping ${field} would also drop what a publication knows the rows by, or what is over other fields too: ${names}. Name them in cascade to do so, or drop them first.`;
  return [...(names === '' ? [] : [dropped]), ...(triggers.length === 0 ? [] : [failing])].join(' ');
}

/** The server names an object with its schema, unless that is in the search_path, as only the shared ones are. */
function isOwn(line: string, org: string): boolean {
  return [...line.matchAll(SCHEMA)].every(([, name = '']) => name.replace(/^"|"$/g, '').replaceAll('""', '"') === org);
}

/** As many as the message names. */
const MAX_NAMED = 20;

/** What dropTenant would have taken along. It is for whoever runs the service, so the message has all names. */
export function outsideError(error: unknown, org: string): MigrationError {
  const dependents = JSON.parse(reasonOf(error)) as readonly string[];
  const names = dependents.slice(0, MAX_NAMED).join(', ') + (dependents.length > MAX_NAMED ? ', …' : '');
  return new MigrationError(`Outside schema "${org}", others need what is in it: ${names}. Drop these first.`, {
    code: 'DEPENDENT_OBJECTS',
    org,
    sqlState: sqlStateOf(error),
    dependents,
    cause: error,
  });
}
