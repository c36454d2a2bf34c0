import { tableOid } from '../../sql/catalog-oids';
import { block } from '../../sql/server-check';
import { derivedName, qualified, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { EQ, MATCHES, NE } from '../../sql/qualified-sql';
import { whereReadable } from '../../sql/session-settings';

// `column in ('a', 'b')` as pg_get_expr writes it, for a text or varchar, in each way to write it.
const COLUMN = String.raw`\(*(?:[a-z0-9_$]+|"(?:[^"]|"")+")\)*(?:::text)?\)*`;
const CONSTANT = String.raw`\(*'(?:[^']|'')*'::[a-z ]+(?:\([0-9]+\))?\)*(?:::text)?\)*`;
const IN_LIST = String.raw`${COLUMN} = ANY \(+ARRAY\[${CONSTANT}(?:, ${CONSTANT})*\]\)*(?:::[a-z ]+\[\])?`;
const IS_ONE = `${COLUMN} = ${CONSTANT}`;
// The same for each element of an array.
const ALL_IN_LIST = String.raw`${COLUMN}(?:::text\[\])?\)* <@ \(*ARRAY\[${CONSTANT}(?:, ${CONSTANT})*\]\)*(?:::[a-z ]+\[\])?`;
const LIST = String.raw`^\(*(?:${IN_LIST}|${ALL_IN_LIST}|${IS_ONE}(?:\)* OR \(*${IS_ONE})*)\)*$`;
const EACH_CONSTANT = "'((?:[^']|'')*)'::";

/** The texts that a check allows, from its expression as pg_get_expr writes it; undefined if it does anything else. */
export function allowedBy(expression: string): readonly string[] | undefined {
  if (!new RegExp(LIST).test(expression)) return undefined;
  const found = expression.matchAll(new RegExp(EACH_CONSTANT, 'g'));
  return [...new Set([...found].map(([, text = '']) => text.replaceAll("''", "'")))];
}

/**
 * The checks that limit a column, or each element of an array, to a list of texts, found by what they do and not by their names: each with its `name`
 * and its `allowed` values. For a block, {@link whereReadable}.
 */
export function listChecks(relation: string, attnum: string): string {
  return `select k.conname::pg_catalog.text as name, array(
      select pg_catalog.replace(m.found[1], '''''', '''')
      from pg_catalog.regexp_matches(pg_catalog.pg_get_expr(k.conbin, k.conrelid), ${literal(EACH_CONSTANT)}, 'g') m(found)
    ) as allowed
    from pg_catalog.pg_constraint k
    where k.conrelid ${EQ} ${relation} and k.contype ${EQ} 'c' and k.conkey ${EQ} array[${attnum}]::smallint[]
      and pg_catalog.pg_get_expr(k.conbin, k.conrelid) ${MATCHES} ${literal(LIST)}`;
}

/** Drops those whose name is not the derived one, which the next statement drops. */
export function dropOtherListChecks(org: Identifier, table: Identifier, column: Identifier): string {
  const own = literal(derivedName('check', table, [column]));
  const relation = tableOid(org, table);
  const attnum = `(select attnum from pg_catalog.pg_attribute where attrelid ${EQ} ${relation} and attname ${EQ} ${literal(column)})`;
  return block(`declare
  list pg_catalog.record;
begin
  ${whereReadable(`for list in ${listChecks(relation, attnum)}
  loop
    if list.name ${NE} ${own} then
      execute pg_catalog.format('alter table ${qualified(org, table)} drop constraint %I', list.name);
    end if;
  end loop;`)}
end`);
}
