import { typeOf } from '../field-types';
import { defaultTextIn } from '../field-types/default-text';
import type { FieldSpec, IndexConditionSpec } from '../spec/spec-types';

// As pg_get_expr writes them, each tried where the reading stands.
const NAME = '(?:[a-z0-9_]+|"(?:[^"]|"")+")';
const LOWER = new RegExp(String.raw`lower\((?:\((${NAME})\)::text|(${NAME}))\)(?:, |$)`, 'y');
const IS_NULL = new RegExp(String.raw`\((${NAME}) IS (NOT )?NULL\)`, 'y');
const CAST = String.raw`(?:::[a-z ]+(?:\(\d+(?:,-?\d+)?\))?)*`;
const CONSTANT = String.raw`(?:'(?:[^']|'')*'|\(?-?\d+(?:\.\d+)?\)?|true|false)${CAST}`;
const EQUALS = new RegExp(String.raw`\((?:\((${NAME})\)::text|(${NAME})) = (${CONSTANT})\)`, 'y');

/** The columns that the expressions of an index have in lower case; undefined where one is anything else. */
export function loweredIn(expressions: string): readonly string[] | undefined {
  return each(expressions, LOWER, ([, cast, bare]) => unquoted(cast ?? bare));
}

/**
 * The conditions of a partial index; undefined where one is anything else.
 *
 * @param fieldOf the field of a column: a value is one of its type
 */
export function conditionsIn(
  condition: string,
  fieldOf: (column: string) => FieldSpec | undefined,
): readonly IndexConditionSpec[] | undefined {
  const found: IndexConditionSpec[] = [];
  // Several are in brackets, together.
  const inner = condition.startsWith('((') && !one(condition, 0, fieldOf) ? condition.slice(1, -1) : condition;
  for (let at = 0; at < inner.length;) {
    const read = one(inner, at, fieldOf);
    if (read === undefined) return undefined;
    found.push(read.condition);
    if (read.end === inner.length) return found;
    if (!inner.startsWith(AND, read.end)) return undefined;
    at = read.end + AND.length;
  }
  return undefined;
}

const AND = ' AND ';

interface Read {
  readonly condition: IndexConditionSpec;
  readonly end: number;
}

function one(text: string, at: number, fieldOf: (column: string) => FieldSpec | undefined): Read | undefined {
  const isNull = match(IS_NULL, text, at);
  if (isNull !== null) {
    const column = unquoted(isNull[1]);
    return { condition: { column, is: isNull[2] === undefined ? 'null' : 'not null' }, end: IS_NULL.lastIndex };
  }
  const equals = match(EQUALS, text, at);
  if (equals === null) return undefined;
  const end = EQUALS.lastIndex;
  const column = unquoted(equals[1] ?? equals[2]);
  const value = valueIn(equals[3] ?? '', fieldOf(column));
  return value === undefined ? undefined : { condition: { column, equals: value }, end };
}

function valueIn(constant: string, field: FieldSpec | undefined): string | number | boolean | undefined {
  const text = defaultTextIn(constant);
  if (field === undefined || text === undefined || typeOf(field).hasGin) return undefined;
  const kept = typeOf(field).readDefaultText(text);
  return typeof kept === 'object' ? undefined : kept;
}

function each(text: string, pattern: RegExp, read: (found: RegExpExecArray) => string): readonly string[] | undefined {
  const found: string[] = [];
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    const next = match(pattern, text, at);
    if (next === null) return undefined;
    found.push(read(next));
  }
  return found;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function unquoted(name = ''): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
