import { typeOf } from '../../../field-types';
import { canLose, castOf } from '../../../field-types/type-change';
import { qualified, quoted, type Identifier } from '../../../sql/identifier';
import { dollarQuoted, literal } from '../../../sql/literal';
import { PINNED } from '../../../sql/session-settings';
import { step, type Lock, type Step } from '../../plan';
import type { Retyping } from './retyping';

/**
 * The new column, and a trigger that gives each row that is written its value there. It runs after the other triggers,
 * and also where a replication role switches triggers off (manual, ALTER TABLE, ENABLE ALWAYS TRIGGER).
 */
export function shadowSteps(retyping: Retyping, locks: readonly Lock[]): readonly Step[] {
  const { org, table, names, type } = retyping;
  const alter = `alter table ${qualified(org, table)}`;
  const trigger = quoted(names.trigger);
  return [
    step(`${alter} add column ${quoted(names.column)} ${type}`, { locks }),
    step(functionSql(retyping)),
    step(
      `create trigger ${trigger} before insert or update on ${qualified(org, table)} for each row execute function ${functionName(retyping)}()`,
      { locks },
    ),
    step(`${alter} enable always trigger ${trigger}`, { locks }),
  ];
}

/** Takes the trigger away, and its function. */
export function unshadow({ org, table, names }: Retyping): readonly string[] {
  return [
    `drop trigger if exists ${quoted(names.trigger)} on ${qualified(org, table)}`,
    `drop function if exists ${functionName({ org, names })}()`,
  ];
}

function functionName({ org, names }: Pick<Retyping, 'org' | 'names'>): string {
  return qualified(org, names.trigger.slice(1) as Identifier);
}

/** What would lose a part of a value fails, as it makes the plain change fail. */
function functionSql(retyping: Retyping): string {
  const { table, column, from, to, type, names } = retyping;
  const value = `new.${quoted(column)}`;
  const keeps = canLose(from, to) ? typeOf(to).keeps(value, type, to) : undefined;
  const reason = literal(`"${column}" of "${table}" gets another type, which cannot keep this value as it is`);
  const refusal =
    keeps === undefined
      ? ''
      : `
  if ${value} is not null and (${keeps}) is not true then
    raise exception using errcode = '23514', message = ${reason};
  end if;`;
  const body = `begin${refusal}
  new.${quoted(names.column)} := ${castOf(value, to, type)};
  return new;
end`;
  const settings =
    keeps === undefined
      ? []
      : Object.entries(PINNED).map(([name, set]) => `set ${name.toLowerCase()} to ${literal(set)}`);
  return [
    `create function ${functionName(retyping)}() returns trigger language plpgsql`,
    `set search_path to pg_catalog, pg_temp`,
    ...settings,
    `as ${dollarQuoted(body)}`,
  ].join('\n');
}
