import { literal } from '../../../sql/literal';
import { EQ, NE } from '../../../sql/qualified-sql';
import { tableOid } from '../../../sql/catalog-oids';
import { GUARD_STATES } from '../../../sql/server-check';
import { inTable, keySql, keyRows, type KeysOver } from './key-rows';
import { nameIn, ofColumn, run, type Retyping } from './retyping';

/** What to do about the foreign keys of a column, and of other tables to it, one after the other. */
export interface EachKey {
  /** A block that does it for one of them, or undoes it. */
  readonly sql: string;
  /** A query that has a row as long as one is left. */
  readonly left: string;
}

/** A foreign key once more, over the new column. NOT VALID: it holds for what is written from now on. */
export function addReferences(retyping: Retyping): EachKey {
  return forOne(
    retyping,
    'old',
    `not exists (${copyOf(retyping, 'k')})`,
    run(inTable('add constraint '), copyName(retyping), keySql('was.attnum', retyping.names.column), `' not valid'`),
  );
}

/** Drops a copy. */
export function dropCopies(retyping: Retyping): EachKey {
  return forOne(retyping, 'new', isCopy(retyping), run(inTable('drop constraint '), nameIn('item.conname')));
}

/** A block that reads every row: the foreign keys over the new column, or those over the old one, hold for all. */
export function validateReferences(retyping: Retyping, over: KeysOver): string {
  const validate = run(inTable('validate constraint '), nameIn('item.conname'));
  return ofColumn(
    retyping,
    '',
    `for item in ${keyRows(retyping, over, 'not k.convalidated')}
  loop
    ${validate}
  end loop;`,
  );
}

/** A copy holds alone, under the name of its key. */
export function takeReferences(retyping: Retyping): EachKey {
  const reason = `pg_catalog.concat('The foreign key ', item.conname, ${literal(` was added to "${retyping.column}" of "${retyping.table}" while its type was changed online. Drop it, and add it again afterwards`)})`;
  return forOne(
    retyping,
    'old',
    'true',
    `if not exists (${copyOf(retyping, 'item')} and c.convalidated) then
      raise exception using errcode = '${GUARD_STATES.online}', message = ${reason};
    end if;
    ${run(inTable('drop constraint '), nameIn('item.conname'))}
    ${run(inTable('rename constraint '), copyName(retyping), `' to '`, nameIn('item.conname'))}
    ${carryNote()}`,
  );
}

/** Undoes {@link takeReferences}: the key holds for what is written, until it is validated. */
export function giveReferencesBack(retyping: Retyping): EachKey {
  return forOne(
    retyping,
    'new',
    `not ${isCopy(retyping)}`,
    `${run(inTable('rename constraint '), nameIn('item.conname'), `' to '`, copyName(retyping))}
    ${run(inTable('add constraint '), nameIn('item.conname'), keySql('added', retyping.column), `' not valid'`)}
    ${carryNote()}
    ${run(inTable('drop constraint '), copyName(retyping))}`,
  );
}

/** Longer than the `deadlock_timeout` of the server, after which an autovacuum gives way. */
const FIRST_LOCK_TIMEOUT = "'3000ms'";

/** The table of another's key is locked as the first one is: before its strong lock, by one that keeps nobody out. */
function forOne(retyping: Retyping, over: KeysOver, which: string, code: string): EachKey {
  const setTimeout = (value: string): string => `perform pg_catalog.set_config('lock_timeout', ${value}, true);`;
  const declarations = `added smallint := (select a.attnum from pg_catalog.pg_attribute a
    where a.attrelid ${EQ} ${tableOid(retyping.org, retyping.table)} and a.attname ${EQ} ${literal(retyping.names.column)});
  usual_timeout pg_catalog.text := pg_catalog.current_setting('lock_timeout');`;
  const sql = ofColumn(
    retyping,
    declarations,
    `for item in ${keyRows(retyping, over, which)} limit 1
  loop
    if item.conrelid ${NE} target then
      ${setTimeout(FIRST_LOCK_TIMEOUT)}
      ${run(`'lock table '`, nameIn('item.own_schema'), `'.'`, nameIn('item.own_table'), `' in share update exclusive mode'`)}
      ${setTimeout('usual_timeout')}
    end if;
    ${code}
  end loop;`,
  );
  return { sql, left: `select from (${keyRows(retyping, over, which)} limit 1) k` };
}

/** An expression: the name of the copy of a key `item`. */
function copyName({ names }: Retyping): string {
  return nameIn(`pg_catalog.concat(${literal(names.copy)}, item.oid)`);
}

/** A query: the copy of a key. */
function copyOf({ names }: Retyping, key: 'k' | 'item'): string {
  return `select from pg_catalog.pg_constraint c where c.conrelid ${EQ} ${key}.conrelid and c.conname ${EQ} pg_catalog.concat(${literal(names.copy)}, ${key}.oid)::pg_catalog.name`;
}

function isCopy({ names }: Retyping): string {
  return `pg_catalog.starts_with(k.conname::pg_catalog.text, ${literal(names.copy)})`;
}

function carryNote(): string {
  const table = [nameIn('item.own_schema'), `'.'`, nameIn('item.own_table')];
  return `if item.note is not null then
      ${run(`'comment on constraint '`, nameIn('item.conname'), `' on '`, ...table, `' is '`, 'pg_catalog.quote_literal(item.note)')}
    end if;`;
}
