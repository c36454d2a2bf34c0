import { numberLimits } from '../../field-types';
import { derivedName, type Identifier } from '../../sql/identifier';
import { withLiterals } from '../../sql/literal';
import type { MemoryTable } from './pg-mem-tables';

/** SQL with masked constants (`'0'`, `'1'`, …), so no regular expression can match inside them. */
interface MaskedSql {
  readonly sql: string;
  readonly constants: readonly string[];
}

/** A statement as pg-mem can run it, what has to run in addition, and what it says about its table. */
export function memorySql(statement: string, tableOf: (name: string) => MemoryTable): readonly string[] {
  const { sql: whole, constants } = masked(statement);
  const sql = plainIndex(whole);
  const written = beside(sql, constants, tableOf);
  return written.map((each) => unmasked(exactBigInts(unqualified(each)), constants));
}

/** For what an index refuses, not for how it finds rows: pg-mem has one kind of index, and no operator classes. */
function plainIndex(sql: string): string {
  if (!/^create (?:unique )?index /.test(sql)) return sql;
  return sql
    .replace(/ using [a-z]+ \(/, ' (')
    .replace(/ include \([^)]*\)/, '')
    .replace(/(["\)]) "[^"]+"\."[^"]+"/g, '$1');
}

function masked(statement: string): MaskedSql {
  const constants: string[] = [];
  const sql = withLiterals(statement, (constant) => `'${constants.push(constant) - 1}'`);
  return { sql, constants };
}

function unmasked(sql: string, constants: readonly string[]): string {
  return withLiterals(sql, (mask) => {
    const index = mask.slice(1, -1);
    return /^\d+$/.test(index) ? plain(constants[Number(index)] ?? mask) : `'${index.slice(1)}'`;
  });
}

/** pg-mem reads an escape string as JSON; in a plain string, a backslash is always a plain character there. */
function plain(constant: string): string {
  if (!constant.startsWith('E')) return constant;
  return constant.slice(1).replace(/\\x3f|\\\\/g, (escape) => (escape === '\\\\' ? '\\' : '?'));
}

/** pg-mem has no OPERATOR(…), only one schema of functions to find them in, and no key that is looked at later. */
function unqualified(sql: string): string {
  const sooner = sql.replace(
    /( references "[^"]+"\."[^"]+" \([^)]*\)(?: on (?:delete|update) [a-z ]+?)*) deferrable(?: initially deferred)?(?=[,)]|$)/g,
    '$1',
  );
  return sooner.replace(/"[^"]*"|operator\(pg_catalog\.(\S+?)\)|\bpg_catalog\./g, (found, sign: string | undefined) => {
    if (sign !== undefined) return sign;
    return found === 'pg_catalog.' ? '' : found;
  });
}

/** pg-mem has JavaScript's numbers: more digits are kept as a text. The sign `=` distinguishes it from a mask. */
function exactBigInts(sql: string): string {
  return sql.replace(/ default (-?\d{16,19})(?=[,) ]|$)/g, (_all, digits: string) => ` default '=${digits}'`);
}

const CHECK =
  /constraint "([^"]+)" check \("([^"]+)" operator\(pg_catalog\.=\) any \((array\[[^\]]*\]::pg_catalog\.text\[\])\)\)/;
const EVERY_CHECK = new RegExp(CHECK.source, 'g');
const COLUMNS = /"([^"]+)" (\w+(?:\(\d+, \d+\))?)(?=[, ]|\)|$)/g;
const ADDED = /^alter table (\S+) add column "([^"]+)" /;
const DROPPED = /^alter table (\S+) drop column "([^"]+)"/;
const RENAMED = /^alter table (\S+) rename "([^"]+)" to "([^"]+)"$/;
const TABLE_RENAMED = /^alter table (\S+) rename to "([^"]+)"$/;
const CHECK_ADDED = /^alter table (\S+) add constraint "[^"]+" check /;

function beside(sql: string, constants: readonly string[], tableOf: (name: string) => MemoryTable): readonly string[] {
  const name = /^(?:create|alter) table (\S+)/.exec(sql)?.[1];
  if (name === undefined) return [sql];
  const table = tableOf(name);
  const gone = DROPPED.exec(sql)?.[2];
  const renamed = RENAMED.exec(sql);
  if (gone !== undefined) {
    const check = table.checks.get(gone);
    table.checks.delete(gone);
    table.numbers.delete(gone);
    // pg-mem would apply the check of a dropped column to the rows.
    return check === undefined ? [sql] : [dropped(name, check.name), sql];
  }
  const tableRenamed = TABLE_RENAMED.exec(sql)?.[2];
  if (tableRenamed !== undefined) return renamingTable(sql, name, table, tableRenamed);
  if (renamed !== null) return renaming(sql, name, table, renamed[2] ?? '', renamed[3] ?? '');
  for (const [, column = '', type = ''] of sql.matchAll(COLUMNS)) {
    const limits = numberLimits(type);
    if (limits !== undefined) table.numbers.set(column, limits);
  }
  for (const [, check = '', column = '', values = ''] of sql.matchAll(EVERY_CHECK)) {
    table.checks.set(column, { name: check, values: filled(values, constants) });
  }
  return ADDED.test(sql) && !CHECK_ADDED.test(sql) ? adding(sql, name) : [sql];
}

/** Puts the constants back, for another statement. */
function filled(values: string, constants: readonly string[]): string {
  return unmasked(unqualified(values), constants);
}

function adding(sql: string, name: string): readonly string[] {
  const column = ADDED.exec(sql)?.[2] ?? '';
  const check = CHECK.exec(sql)?.[0];
  return [
    // pg-mem fails on a check that is added with its column ("Corrupted alias").
    check === undefined ? sql : sql.replace(` ${check}`, () => ''),
    // Without it, pg-mem would find rows by their old keys.
    `update ${name} set "${column}" = "${column}"`,
    ...(check === undefined ? [] : [`alter table ${name} add ${check}`]),
  ];
}

/** A check knows its column by the old name; the new check has the name that the library would derive. */
function renaming(sql: string, name: string, table: MemoryTable, from: string, to: string): readonly string[] {
  const number = table.numbers.get(from);
  if (number !== undefined) table.numbers.set(to, number);
  table.numbers.delete(from);
  const check = table.checks.get(from);
  if (check === undefined) return [sql];
  table.checks.delete(from);
  const renamed = derivedName('check', bareName(name), [to as Identifier]);
  table.checks.set(to, { ...check, name: renamed });
  return [dropped(name, check.name), sql, added(name, renamed, to, check.values)];
}

function renamingTable(sql: string, name: string, table: MemoryTable, to: string): readonly string[] {
  const before: string[] = [];
  const after: string[] = [];
  const newName = name.replace(/[^.]+$/, `"${to}"`);
  for (const [column, check] of table.checks) {
    const renamed = derivedName('check', to as Identifier, [column as Identifier]);
    before.push(dropped(name, check.name));
    after.push(added(newName, renamed, column, check.values));
    table.checks.set(column, { ...check, name: renamed });
  }
  return [...before, sql, ...after];
}

/** No name contains a dot. */
function bareName(name: string): Identifier {
  return name.slice(name.indexOf('.') + 2, -1) as Identifier;
}

function dropped(name: string, check: string): string {
  return `alter table ${name} drop constraint "${check}"`;
}

function added(name: string, check: string, column: string, values: string): string {
  return `alter table ${name} add constraint "${check}" check ("${column}" = any (${asIs(values)}))`;
}

/** Constants in the place of masks that are already complete: see {@link unmasked}. */
function asIs(values: string): string {
  return withLiterals(values, (constant) => `'=${constant.slice(1)}`);
}
