import { MigrationError } from '../../errors';
import { GUARD_STATES, asGuardSaid } from '../../sql/server-check';
import { isOfServer, sqlStateOf } from './server-error';

/**
 * Every error passes through here on its way into a MigrationError or a log. Builds a new error that says what was
 * refused and where, without the value of a default or a row in any property or stack: knex puts the statement
 * before the server's message; the server puts the row into `detail`, `hint`, `where` and, for data exceptions, into
 * its message; a function of the database may put it anywhere.
 *
 * @param sql the statement that failed, if it is known
 */
export function errorWithoutValues(error: unknown, sql?: string): unknown {
  if (!(error instanceof Error) || error instanceof MigrationError || cleaned.has(error)) return error;
  const message = withoutStatement(messageOf(error), sql);
  const clean = isOfServer(error) ? ofServer(error, message) : ofDriver(error, message);
  cleaned.add(clean);
  return clean;
}

const cleaned = new WeakSet<Error>();

/** A host name with two addresses fails with an error for each, and no message. */
function messageOf(error: Error): string {
  const { errors } = error as { readonly errors?: unknown };
  if (error.message !== '' || !Array.isArray(errors)) return error.message;
  return errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join('; ');
}

/** If the statement is not known, knex's message is cut after its last separator. */
function withoutStatement(message: string, sql: string | undefined): string {
  const prefix = sql === undefined ? undefined : `${sql} - `;
  if (prefix !== undefined && message.startsWith(prefix)) return message.slice(prefix.length);
  const joint = message.lastIndexOf(' - ');
  return joint === -1 ? message : message.slice(joint + ' - '.length);
}

type Fields = Readonly<Record<string, unknown>>;

/** The server's fields that say where it happened; none of them contains a row. */
const PLACE = ['schema', 'table', 'column', 'dataType', 'constraint'];

const OF_SERVER = ['code', 'severity', 'file', 'line', 'routine'];

const OF_SYSTEM = ['code', 'errno', 'syscall', 'hostname', 'address', 'port'];

function ofServer(error: Error & Raised, message: string): Error {
  const said = Object.assign(new Error(message), picked(error, OF_SERVER));
  asGuardSaid(said);
  const state = sqlStateOf(said) ?? '';
  if (OUR_STATES.has(state) && !isWithinAnother(error))
    return copied(error, said.message, { ...picked(said, OF_SERVER), ...picked(error, PLACE) });
  if (isAnothers(error, state, message)) {
    return copied(error, `a function of the database failed${nameOfRaising(error)}`, picked(error, OF_SERVER));
  }
  const words = state.startsWith('22') ? wordsOfDataException(message) : message;
  // The names of objects in the way of a drop or a new type contain no row.
  const detail = state === '2BP01' || state === '0A000' ? ['detail'] : [];
  return copied(error, words, picked(error, [...OF_SERVER, ...PLACE, ...detail]));
}

const OUR_STATES: ReadonlySet<string> = new Set(Object.values(GUARD_STATES));

function ofDriver(error: Error, message: string): Error {
  return copied(error, message, picked(error, OF_SYSTEM));
}

/** A copy with the same class and name and a new stack: the old one begins with the old message. */
function copied(error: Error, message: string, fields: Fields): Error {
  const copy = new Error(message);
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object);
  if (copy.name !== error.name) Object.assign(copy, { name: error.name });
  return Object.assign(copy, fields);
}

function picked(error: Error, keys: readonly string[]): Fields {
  const fields = error as unknown as Fields;
  return Object.fromEntries(keys.filter((key) => isPlain(fields[key])).map((key) => [key, fields[key]]));
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

/** What shows where a message comes from. */
interface Raised {
  /** The stack of database functions, in the server's language. */
  readonly where?: string;
  /** The function in the server's source that raised it. */
  readonly routine?: string;
}

/**
 * Whether the message comes from a database function that is not ours, such as a trigger's: RAISE can use any text
 * and any SQLSTATE, and other failures in it may contain a row.
 */
function isAnothers(error: Error & Raised, state: string, message: string): boolean {
  const { routine = '' } = error;
  if (RAISING.test(routine)) return true;
  if (!isWithinAnother(error)) return false;
  const isServers = CONSTRAINT_CHECKS.has(routine) || (FIXED_STATES.has(state) && isPlainProse(message));
  return !isServers;
}

/** The functions with which PL/pgSQL, PL/Perl, PL/Python and PL/Tcl raise errors. */
const RAISING = /^(?:exec_stmt_raise|exec_stmt_assert|plperl_|do_util_elog|PLy_|pltcl_|throw_tcl_error)/;

/** Their message names the constraint; the row is only in `detail`. */
const CONSTRAINT_CHECKS: ReadonlySet<string> = new Set([
  '_bt_check_unique',
  'check_exclusion_or_unique_constraint',
  'ExecConstraints',
  'ReportNotNullViolationError',
  'ri_ReportViolation',
]);

/** Locks and limits, whose messages never depend on the code that was running. */
const FIXED_STATES: ReadonlySet<string> = new Set(['40001', '40P01', '55P03', '57014', '53200', '25P02']);

/** Our blocks have no name, and a statement of the server's own checks is not a function either; nor is a worker of Citus. */
function isWithinAnother({ where: given }: Raised): boolean {
  const lines = (given ?? '').split('\n').filter((line) => !ON_WORKER.test(line));
  const where = lines.join('\n');
  if (where === '' || OUR_BLOCK.test(where)) {
    return (where.match(/(?:PL\/\w+|SQL) function /g) ?? []).length > 1;
  }
  return lines.some((line) => !line.includes('inline_code_block') && !line.startsWith('SQL statement "'));
}

const OUR_BLOCK = /^(?:SQL \w+ ".*"\n)?PL\/pgSQL function inline_code_block line \d+ at [^\n]+$/s;

const ON_WORKER = /^while executing command on /;

/** The innermost function: its name comes from the catalog. */
function nameOfRaising({ where = '', routine }: Raised): string {
  const [, name] = (routine === 'exec_stmt_raise' && /^PL\/pgSQL function (.+) line \d+ at RAISE/.exec(where)) || [];
  return name === undefined ? '' : `: ${name}`;
}

/**
 * Data exceptions contain the value, in quotes or as a number. A message with neither contains no value, such as
 * "identity column type must be smallint, integer, or bigint".
 */
function wordsOfDataException(message: string): string {
  const words = message.replace(BYTES, 'of this kind').replace(NAMED_ENCODING, 'encoding $1');
  return isPlainProse(words.replace(ENCODING, '')) ? words : 'a value was refused';
}

/** No quotation mark of any language, and no digit. */
function isPlainProse(words: string): boolean {
  return /^[\p{Letter}\s,.;:()/-]+$/u.test(words);
}

/** 22P05 and 22021: the bytes are a character of the value; the encodings are not. */
const BYTES = /\bwith byte sequence(?: 0x[0-9a-f]{2})+/;
const NAMED_ENCODING = /encoding "([A-Z][A-Z0-9_]{2,15})"/g;
const ENCODING = /\bencoding [A-Z][A-Z0-9_]{2,15}/g;
