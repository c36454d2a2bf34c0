import { qualified } from '../../../sql/identifier';
import { literal } from '../../../sql/literal';
import { EQ } from '../../../sql/qualified-sql';
import { GUARD_STATES } from '../../../sql/server-check';
import { alterIn, choice, nameIn, ofColumn, run, type Retyping } from './retyping';

/** A block: the foreign keys of the column, once more, over the new one. NOT VALID: they hold for what is written from now on. */
export function addReferences(retyping: Retyping): string {
  return ofColumn(
    retyping,
    '',
    eachKey(
      'was.attnum',
      run(
        alterIn(retyping, 'add constraint '),
        copyName(retyping),
        keySql('was.attnum', retyping.names.column),
        `' not valid'`,
      ),
    ),
  );
}

/** A block: drops the copies. */
export function dropCopies(retyping: Retyping): string {
  return ofColumn(
    retyping,
    '',
    eachKey(added(retyping), run(alterIn(retyping, 'drop constraint '), nameIn('item.conname'))),
  );
}

/** A block that reads every row: the foreign keys over the new column, or those over the old one, hold for all. */
export function validateReferences(retyping: Retyping, over: 'new' | 'old'): string {
  const code = run(alterIn(retyping, 'validate constraint '), nameIn('item.conname'));
  return ofColumn(
    retyping,
    '',
    eachKey(
      over === 'new' ? added(retyping) : 'was.attnum',
      `if not item.convalidated then\n      ${code}\n    end if;`,
    ),
  );
}

/** A block: the copies hold alone, under the names of the keys. */
export function takeReferences(retyping: Retyping): string {
  const copy = `select c.conname from pg_catalog.pg_constraint c where c.conrelid ${EQ} target and c.convalidated and c.conname ${EQ} pg_catalog.concat(${literal(retyping.names.copy)}, item.oid)::pg_catalog.name`;
  const reason = `pg_catalog.concat('The foreign key ', item.conname, ${literal(` was added to "${retyping.column}" of "${retyping.table}" while its type was changed online. Drop it, and add it again afterwards`)})`;
  return ofColumn(
    retyping,
    '',
    eachKey(
      'was.attnum',
      `if not exists (${copy}) then
      raise exception using errcode = '${GUARD_STATES.online}', message = ${reason};
    end if;
    ${run(alterIn(retyping, 'drop constraint '), nameIn('item.conname'))}
    ${run(alterIn(retyping, 'rename constraint '), copyName(retyping), `' to '`, nameIn('item.conname'))}
    ${carryNote(retyping)}`,
    ),
  );
}

/** A block that undoes {@link takeReferences}: the keys hold for what is written, until they are validated. */
export function giveReferencesBack(retyping: Retyping): string {
  const { column } = retyping;
  const alter = alterIn(retyping);
  return ofColumn(
    retyping,
    '',
    eachKey(
      added(retyping),
      `${run(alter, `'rename constraint '`, nameIn('item.conname'), `' to '`, copyName(retyping))}
    ${run(alter, `'add constraint '`, nameIn('item.conname'), keySql(added(retyping), column), `' not valid'`)}
    ${carryNote(retyping)}
    ${run(alter, `'drop constraint '`, copyName(retyping))}`,
    ),
  );
}

function added({ names }: Retyping): string {
  return `(select a.attnum from pg_catalog.pg_attribute a where a.attrelid ${EQ} target and a.attname ${EQ} ${literal(names.column)})`;
}

/** An expression: the name of the copy of a key `item`. */
function copyName({ names }: Retyping): string {
  return nameIn(`pg_catalog.concat(${literal(names.copy)}, item.oid)`);
}

function eachKey(attnum: string, code: string): string {
  return `for item in
    select k.oid, k.conname, k.convalidated, k.conkey, k.confkey, k.confrelid, k.confmatchtype, k.confupdtype, k.confdeltype, k.condeferrable, k.condeferred,
      t.relname, n.nspname, pg_catalog.obj_description(k.oid, 'pg_constraint') as note
    from pg_catalog.pg_constraint k join pg_catalog.pg_class t on t.oid ${EQ} k.confrelid join pg_catalog.pg_namespace n on n.oid ${EQ} t.relnamespace
    where k.conrelid ${EQ} target and k.contype ${EQ} 'f' and ${attnum} ${EQ} any (k.conkey)
    order by n.nspname, t.relname, k.conname
  loop
    ${code}
  end loop;`;
}

/** An expression: ` foreign key …` of a key `item`, with another column in the place of one. */
function keySql(attnum: string, column: string): string {
  const columns = (relation: string, key: string, named: string): string =>
    `(select pg_catalog.string_agg(${named}, ', ' order by p.place) from pg_catalog.unnest(${key}) with ordinality p(attnum, place)
        join pg_catalog.pg_attribute a on a.attrelid ${EQ} ${relation} and a.attnum ${EQ} p.attnum)`;
  const name = nameIn('a.attname');
  const own = `case when p.attnum ${EQ} ${attnum} then ${nameIn(literal(column))} else ${name} end`;
  const action = (what: string, type: string): string =>
    choice(`item.${type}`, {
      "'c'": `' on ${what} cascade'`,
      "'n'": `' on ${what} set null'`,
      "'r'": `' on ${what} restrict'`,
    });
  return [
    `' foreign key (', ${columns('target', 'item.conkey', own)}, ') references '`,
    nameIn('item.nspname'),
    `'.', ${nameIn('item.relname')}, ' (', ${columns('item.confrelid', 'item.confkey', name)}, ')'`,
    choice('item.confmatchtype', { "'f'": `' match full'` }),
    action('update', 'confupdtype'),
    action('delete', 'confdeltype'),
    `case when item.condeferrable then ' deferrable' end, case when item.condeferred then ' initially deferred' end`,
  ].join(',\n      ');
}

function carryNote({ org, table }: Retyping): string {
  return `if item.note is not null then
      ${run(`'comment on constraint '`, nameIn('item.conname'), literal(` on ${qualified(org, table)} is `), 'pg_catalog.quote_literal(item.note)')}
    end if;`;
}
