// Whether a statement means the same whatever the search_path is, and whatever somebody made in one of its schemas.
// Reads PostgreSQL's grammar as far as the library's own SQL needs it: what it doesn't know, it finds fault with.
import { tokensOf, type Token } from './sql-tokens';

/** A word or an operator that the search_path decides about, or that this file can not judge. */
export function unqualifiedIn(sql: string): string[] {
  if (WRITTEN_BY_SERVER.test(sql)) return [];
  return statementsOf(read(sql)).flatMap((tokens) =>
    faultsOf(tokens).map((fault) => `${fault} in: ${sql.slice(0, MAX_SHOWN)}`),
  );
}

/** A copy of an index, in the words of the server: with the search_path of the session that it wrote them in. */
const WRITTEN_BY_SERVER = /^create (?:unique )?index concurrently "online_copy_/;

/** In characters, of a statement that is found fault with. */
const MAX_SHOWN = 1000;

/** The same for a part of a statement; `x` stands for what is put in there. */
export function unqualifiedInPart(sql: string): string[] {
  const tokens = raised(read(sql.replace(/%(?:\d\$)?[sIL]/g, 'x')));
  return [...operators(tokens), ...functions(tokens), ...types(tokens)];
}

/** With quotes around the constants: a comma in them is none. */
function read(sql: string): Token[] {
  return tokensOf(sql).map((token) => (token.kind === 'constant' ? { ...token, value: `'${token.value}'` } : token));
}

function constant({ value }: Token): string {
  return value.slice(1, -1);
}

/** Always PostgreSQL's (gram.y: GenericType is what a schema can have, all others are words of the grammar). */
const GRAMMAR_TYPES =
  'varchar character varying integer bigint double precision numeric decimal boolean time smallint real interval timestamp';

const DDL = `create alter comment drop table schema index view materialized foreign sequence column constraint primary key
  case when then else end and or unique not null default check references on delete update cascade restrict set no action deferrable initially deferred if exists add rename to type
  using is true false any array with without oids zone cast as only concurrently valid validate statistics function routine procedure aggregate
  domain collation operator class family text search configuration dictionary parser template
  by btree hash gin gist brin asc desc nulls first last include distinct where is
  ${GRAMMAR_TYPES} generated always identity fillfactor enable trigger`;

const WORDS_OF_DDL = new Set(DDL.split(/\s+/));

/** Statements of no names but those of settings, savepoints and prepared statements. */
const PLAIN = new Set(['begin', 'commit', 'rollback', 'savepoint', 'release', 'deallocate', 'set', 'show', 'reset']);

/** What stands before a bracket and is no function. */
const BEFORE_BRACKET = new Set(
  `select exists any all values case when then else and or not coalesce from join lateral on as where having over filter
   within array union except intersect by limit offset return query recursive with only if cast is end using check key unique elsif x set greatest least conflict values`.split(
    /\s+/,
  ),
);

/** Each takes an operator, or a function, by the search_path. */
const BANNED = new Set(
  'in between like ilike similar nullif distinct overlaps natural collate overlay position substring trim extract'.split(
    ' ',
  ),
);

/** Operators that are none: assignments of plpgsql, a list of all columns, the options of RAISE. */
const NO_OPERATORS = new Set(['::', ':=', ':', '(', ')', ',', '.', '[', ']', ';']);

type Faults = readonly string[];

function faultsOf(tokens: readonly Token[]): Faults {
  const [first] = tokens;
  if (first === undefined) return [];
  if (first.kind !== 'word') return [`a statement that begins with ${first.value}`];
  if (PLAIN.has(first.value)) return first.value === 'set' ? ofSet(tokens) : [];
  if (first.value === 'prepare') return faultsOf(tokens.slice(tokens.findIndex(isWord('as')) + 1));
  if (first.value === 'do') return ofBlock(tokens[1]);
  if (first.value === 'execute') return [];
  if (first.value === 'lock') return ofLock(tokens);
  if (first.value === 'analyze') return isRelation(tokens, 1) ? [] : ['a relation without its schema'];
  if (isWord('create')(first) && isWord('function')(tokens[1])) return ofFunction(tokens);
  if (isWord('create')(first) && isWord('trigger')(tokens[1])) return ofTrigger(tokens);
  if (first.value === 'drop') return ofDrop(tokens);
  if (['create', 'alter', 'comment'].includes(first.value)) return ofDdl(tokens);
  if (['select', 'with', 'insert', 'delete', 'update'].includes(first.value)) {
    return [...ofQuery(tokens), ...ofExecuted(tokens)];
  }
  return [`a statement that begins with ${first.value}`];
}

/** A temporary table of the session would stand before all, unless pg_temp is named. */
function ofSet(tokens: readonly Token[]): Faults {
  if (!tokens.some(isWord('search_path'))) return [];
  const last = tokens.at(-1);
  return last?.value === 'pg_temp' ? [] : ['a search_path that does not end with pg_temp'];
}

function ofLock(tokens: readonly Token[]): Faults {
  const known = new Set('lock table only in access row share update exclusive mode nowait'.split(' '));
  return [...tokens.filter((token) => token.kind === 'word' && !known.has(token.value)).map(shown), ...names(tokens)];
}

function ofDdl(tokens: readonly Token[]): Faults {
  const words = tokens.filter(
    (token, at) => token.kind === 'word' && !isQualified(tokens, at) && !isOfOperator(tokens, at),
  );
  const unknown = words.filter(({ value }) => value !== 'pg_catalog' && !WORDS_OF_DDL.has(value));
  return [...unknown.map(shown), ...operators(tokens), ...types(tokens), ...relationsOfDdl(tokens), ...text(tokens)];
}

/** The server wrote the names of what it found, and leaves quotes out where a name needs none. */
function ofDrop(tokens: readonly Token[]): Faults {
  if (isWord('schema')(tokens[1])) return [];
  const at = tokens.findIndex((_token, place) => tokens[place + 1]?.value === '.' && isName(tokens[place + 2]));
  return at < 0 || !isName(tokens[at]) ? ['a drop without a schema'] : [];
}

function isName(token: Token | undefined): boolean {
  return token?.kind === 'identifier' || token?.kind === 'word';
}

/** `text` is a word of DDL (TEXT SEARCH) and a type. */
function text(tokens: readonly Token[]): Faults {
  return tokens.flatMap((token, at) =>
    isWord('text')(token) && !isQualified(tokens, at) && !isWord('search')(tokens[at + 1]) ? ['text'] : [],
  );
}

/** Behind TABLE, ON, REFERENCES …: a name with its schema. */
function relationsOfDdl(tokens: readonly Token[]): Faults {
  const [, kind] = tokens;
  if (isWord('schema')(kind)) return [];
  const at = tokens.findIndex(({ kind: of }) => of === 'identifier');
  // An index is made by its bare name, in the schema of its table.
  const named = isWord('create')(tokens[0]) && tokens.slice(0, at).some(isWord('index')) ? at + 2 : at;
  const places = [named, ...tokens.flatMap((token, place) => (isWord('references')(token) ? [place + 1] : []))];
  return places
    .filter((place) => !isRelation(tokens, place))
    .map((place) => `the relation ${tokens[place]?.value ?? ''}`);
}

function isRelation(tokens: readonly Token[], at: number): boolean {
  const [name, dot, own] = tokens.slice(at, at + 3);
  return name?.kind === 'identifier' && dot?.value === '.' && own?.kind === 'identifier';
}

function names(tokens: readonly Token[]): Faults {
  const at = tokens.findIndex(({ kind }) => kind === 'identifier');
  return isRelation(tokens, at) ? [] : ['a relation without its schema'];
}

/** Its name, the search_path it runs with, and what it runs. */
function ofFunction(tokens: readonly Token[]): Faults {
  const path = tokens.findIndex(isWord('search_path'));
  const pinned = tokens.slice(path + 1, path + 5).map(({ value }) => value);
  const body = tokens.find(({ kind }) => kind === 'block');
  return [
    ...(isRelation(tokens, 2) ? [] : ['a function without its schema']),
    ...(pinned.join(' ') === 'to pg_catalog , pg_temp' ? [] : ['a function without a search_path']),
    ...statementsOf(read(body?.value ?? '')).flatMap((statement) => ofQuery(raised(statement))),
  ];
}

/** The table, and the function. */
function ofTrigger(tokens: readonly Token[]): Faults {
  const places = ['on', 'function'].map((word) => tokens.findIndex(isWord(word)) + 1);
  return places.filter((at) => !isRelation(tokens, at)).map((at) => `the relation ${tokens[at]?.value ?? ''}`);
}

/** A block of plpgsql: each of its expressions is a query, and what it executes is SQL again. */
function ofBlock(block: Token | undefined): Faults {
  if (block?.kind !== 'block') return ['a DO without a block'];
  const tokens = read(block.value);
  const statements = statementsOf(tokens);
  return [...declared(statements), ...statements.flatMap(ofPart)];
}

/** A statement of a block: DDL as it is, or expressions. */
function ofPart(statement: readonly Token[]): Faults {
  const own = isWord('begin')(statement[0]) ? statement.slice(1) : statement;
  const isDdl = ['alter', 'create', 'comment', 'drop'].some((word) => isWord(word)(own[0]));
  return isDdl ? faultsOf(own) : [...ofQuery(raised(statement)), ...ofExecuted(statement)];
}

/** SQL in a constant, as EXECUTE and query_to_xml take it. */
function ofExecuted(tokens: readonly Token[]): Faults {
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'constant' || !/^(?:alter|drop|create|comment|select|lock) /.test(constant(token))) return [];
    const sql = constant(token)
      .replace(/%(?:\d\$)?[IL]/g, '"name"')
      .replace(/%s/g, '"name"."name"');
    // What is not whole goes on beside it.
    const isWhole = ['format', 'query_to_xml'].some((name) => isWord(name)(tokens[at - 2]));
    return isWhole ? unqualifiedIn(sql) : unqualifiedInPart(sql);
  });
}

/** `declare a pg_catalog.text; b boolean := true; begin`: the types of the variables. */
function declared(statements: readonly (readonly Token[])[]): Faults {
  const faults: string[] = [];
  let inside = false;
  for (const statement of statements) {
    let at = 0;
    const declares = statement.findIndex(isWord('declare'));
    if (declares >= 0) [inside, at] = [true, declares + 1];
    if (isWord('begin')(statement[at])) inside = false;
    if (isWord('constant')(statement[at + 1])) at += 1;
    if (inside && !typeAt(statement, at + 1)) faults.push(`the type of the variable ${statement[at]?.value ?? ''}`);
  }
  return faults;
}

/** RAISE and USING of plpgsql have equals signs that are no operators; `for x in` and `:=` are statements. */
function raised(tokens: readonly Token[]): Token[] {
  const raise = tokens.findIndex(isWord('raise'));
  return tokens.filter((token, at) => {
    const before = tokens[at - 1];
    if (raise >= 0 && at > raise && token.value === '=')
      return !['errcode', 'message', 'detail', 'table', 'column'].includes(before?.value ?? '');
    // The variables that take what a query gives.
    const isTarget =
      isWord('into')(before) &&
      !isWord('insert')(tokens[at - 2]) &&
      token.kind === 'word' &&
      tokens[at + 1]?.value !== '.';
    return (
      !isTarget &&
      !(isWord('into')(token) && !isWord('insert')(before) && tokens[at + 1]?.kind === 'word') &&
      !isWord('execute')(token)
    );
  });
}

function ofQuery(tokens: readonly Token[]): Faults {
  const updated = isWord('update')(tokens[0]) ? names(tokens) : [];
  return [
    ...updated,
    ...operators(tokens),
    ...functions(tokens),
    ...types(tokens),
    ...relations(tokens),
    ...searched(tokens),
  ];
}

/** Every sign is `operator(pg_catalog.…)`; IN, LIKE and their like have one of their own. */
function operators(tokens: readonly Token[]): Faults {
  return tokens.flatMap((token, at) => {
    if (isWord('in')(token) && tokens[at + 1]?.value !== '(') return [];
    if (token.kind === 'word' && BANNED.has(token.value) && !isQualified(tokens, at) && !isPart(tokens, at))
      return [shown(token)];
    // CASE x WHEN y compares x with y.
    if (isWord('case')(token) && !isWord('when')(tokens[at + 1]) && !isWord('x')(tokens[at + 1]))
      return ['a case of a value'];
    if (isWord('using')(token) && tokens[at + 1]?.value === '(') return ['join … using'];
    if (token.kind !== 'sign' || NO_OPERATORS.has(token.value) || isStar(tokens, at)) return [];
    return isOfOperator(tokens, at) || isAssignment(tokens, at) ? [] : [shown(token)];
  });
}

/** `select distinct` and the like sort by the type's own operators. */
function isPart(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  if (tokens[at]?.value === 'distinct') {
    // An index compares by its operator class, whose schema is named.
    const isOfIndex = isWord('not')(before) && isWord('nulls')(tokens[at - 2]);
    return isOfIndex || isWord('select')(before) || before?.value === '(';
  }
  return before?.value === '.';
}

function isStar(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  return tokens[at]?.value === '*' && (isWord('select')(before) || before?.value === '(' || before?.value === '.');
}

/** `set a = …, b = …` of an UPDATE, and the storage parameter of a table. */
function isAssignment(tokens: readonly Token[], at: number): boolean {
  if (tokens[at]?.value !== '=' || !isName(tokens[at - 1])) return false;
  if (isWord('fillfactor')(tokens[at - 1])) return true;
  let depth = 0;
  for (let back = at - 2; back >= 0; back -= 1) {
    const token = tokens[back] as Token;
    if (token.value === ')') depth += 1;
    if (token.value === '(') depth -= 1;
    if (depth !== 0) continue;
    if (isWord('set')(token)) return back === at - 2 || tokens[at - 2]?.value === ',';
    if (['where', 'from', 'select', 'returning'].some((word) => isWord(word)(token))) return false;
  }
  return false;
}

function isOfOperator(tokens: readonly Token[], at: number): boolean {
  const text = (from: number, to: number): string =>
    tokens
      .slice(from, to)
      .map(({ value }) => value)
      .join('');
  return [0, 1, 2, 3, 4, 5].some(
    (back) => at >= back && /^operator\(pg_catalog\.[^\w()]+\)$/.test(text(at - back, at - back + 6)),
  );
}

function functions(tokens: readonly Token[]): Faults {
  return tokens.flatMap((token, at) => {
    if (token.kind === 'identifier' && tokens[at + 1]?.value === '(' && !tokens.some(isWord('into')))
      return [`${shown(token)}(…)`];
    if (token.kind !== 'word' || tokens[at + 1]?.value !== '(' || isQualified(tokens, at)) return [];
    if (BEFORE_BRACKET.has(token.value) || BANNED.has(token.value) || isOfOperator(tokens, at)) return [];
    // The columns of a WITH, of an alias, of an INSERT, and the length of a type.
    const before = tokens[at - 1];
    const isAlias =
      before?.value === ')' || ['with', 'recursive', 'ordinality', 'as'].some((word) => isWord(word)(before));
    const isQueryOfWith = (before?.value === ',' || isAlias) && isNamedByWith(tokens, at);
    return isAlias || isQueryOfWith || typeAt(tokens, at) ? [] : [`${shown(token)}(…)`];
  });
}

/** `name (…) as (` of a WITH. */
function isNamedByWith(tokens: readonly Token[], at: number): boolean {
  const end = closing(tokens, at + 1);
  return isWord('as')(tokens[end + 1]);
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at]?.value === '(') depth += 1;
    if (tokens[at]?.value === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** Behind `::`, and behind the AS of a CAST. */
function types(tokens: readonly Token[]): Faults {
  const casts = tokens.flatMap((token, at) => {
    if (token.value === '::') return [at + 1];
    if (!isWord('cast')(token)) return [];
    const end = closing(tokens, at + 1);
    return [lastBefore(tokens, end, isWord('as')) + 1];
  });
  return casts.filter((at) => !typeAt(tokens, at)).map((at) => `the type ${tokens[at]?.value ?? ''}`);
}

function lastBefore(tokens: readonly Token[], end: number, isSought: (token: Token) => boolean): number {
  let at = end - 1;
  while (at >= 0 && !isSought(tokens[at] as Token)) at -= 1;
  return at;
}

function typeAt(tokens: readonly Token[], at: number): boolean {
  const [name, dot] = tokens.slice(at, at + 2);
  if (isWord('pg_catalog')(name)) return dot?.value === '.';
  const isTimestamp = isWord('timestamp')(name) && isWord('with')(dot);
  return name?.kind === 'word' && (isTimestamp || name.value === 'x' || GRAMMAR_TYPES.split(' ').includes(name.value));
}

/** Behind FROM, JOIN and the commas between them: in brackets, of pg_catalog, with its schema, or named by a WITH. */
function relations(tokens: readonly Token[]): Faults {
  const named = tokens.flatMap((token, at) => {
    const next = tokens[at + 1]?.value === '(' ? tokens[closing(tokens, at + 1) + 1] : tokens[at + 1];
    if (token.kind !== 'word' || !isWord('as')(next)) return [];
    const place = tokens.indexOf(next as Token) + 1;
    const isQuery = tokens[isWord('materialized')(tokens[place]) ? place + 1 : place]?.value === '(';
    return isQuery ? [token.value] : [];
  });
  const faults: string[] = [];
  const inFrom: boolean[] = [false];
  tokens.forEach((token, at) => {
    const depth = inFrom.length - 1;
    const before = tokens[at - 1];
    const opens = isWord('from')(token) || isWord('join')(token) || isWord('into')(token);
    if (token.value === '(') inFrom.push(false);
    else if (token.value === ')') inFrom.pop();
    else if (opens) inFrom[depth] = true;
    else if (token.kind === 'word' && ENDS_FROM.has(token.value)) inFrom[depth] = false;
    if (!(opens || (token.value === ',' && inFrom[depth] === true))) return;
    // `select from` has no columns; `delete from` has its table.
    let place = at + 1;
    while (['lateral', 'only', 'rows'].some((word) => isWord(word)(tokens[place]))) place += 1;
    const [name, dot] = tokens.slice(place, place + 2);
    const isKnown =
      name?.value === '(' ||
      (isWord('pg_catalog')(name) && dot?.value === '.') ||
      isRelation(tokens, place) ||
      (name?.kind === 'word' && named.includes(name.value));
    if (!isKnown && !isWord('from')(before)) faults.push(`the relation ${name?.value ?? ''}`);
  });
  return faults;
}

const ENDS_FROM = new Set(
  'select where group having order limit offset union except intersect window for returning set values'.split(' '),
);

/** Names in constants that the server looks up: regclass and its like, and the functions that give them. */
function searched(tokens: readonly Token[]): Faults {
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'word' || !isQualified(tokens, at)) return [];
    if (/^to_reg(?!namespace|role)/.test(token.value)) return unqualifiedName(tokens[at + 2]);
    if (!/^reg(?!namespace|role|exp)\w+$/.test(token.value) || tokens[at - 3]?.value !== '::') return [];
    const before = at - 4;
    if (tokens[before]?.value !== ']') return unqualifiedName(tokens[before]);
    const open = lastBefore(tokens, before, ({ value }) => value === '[');
    return tokens
      .slice(open + 1, before)
      .filter(({ value }) => value !== ',')
      .flatMap(unqualifiedName);
  });
}

/** A parameter, or a column, is not known here; the constants that it gets are, where it is executed. */
function unqualifiedName(token: Token | undefined): Faults {
  if (token?.kind !== 'constant' || token.value.includes('.')) return [];
  return typeAt(tokensOf(constant(token)), 0) ? [] : [`the name ${token.value}`];
}

function isQualified(tokens: readonly Token[], at: number): boolean {
  return tokens[at - 1]?.value === '.' && isWord('pg_catalog')(tokens[at - 2]);
}

function statementsOf(tokens: readonly Token[]): Token[][] {
  const statements: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'sign' && token.value === ';') statements.push([]);
    else statements.at(-1)?.push(token);
  }
  return statements;
}

function isWord(value: string): (token: Token | undefined) => boolean {
  return (token) => token?.kind === 'word' && token.value === value;
}

function shown({ value }: Token): string {
  return value;
}
