import { GUARD_STATES, failing } from '../sql/server-check';
import { literal } from '../sql/literal';
import type { HazardKind } from './plan';
import { EQ, isOneOf } from '../sql/qualified-sql';

/** The setting with the policy for a kind of hazard while a change runs. */
export function policySetting(kind: HazardKind, asked = false): string {
  return `tenant_ddl.policy_${kind.toLowerCase()}${asked ? '_asked' : ''}`;
}

/** The setting to which the keys of hazards that applied are added. */
export const FOUND_SETTING = 'tenant_ddl.found';

function rowSetting(asked: boolean): string {
  return `tenant_ddl.found_in_a_row${asked ? '_asked' : ''}`;
}

/** Statements of a block: stops the change or notes the hazard, depending on the policy. */
export function meet(kind: HazardKind, key: string): string {
  return `if ${policyIs(kind, ['refuse'])} then
    raise exception using errcode = '${GUARD_STATES.unforeseen}', message = ${literal(key)};
  end if;
  perform pg_catalog.set_config('${FOUND_SETTING}', pg_catalog.concat_ws(' ', pg_catalog.current_setting('${FOUND_SETTING}', true), ${literal(key)}), true);`;
}

/**
 * An expression for a row that loses something: true, and noted, if that is allowed; otherwise it fails. If the SQL is
 * run by hand, no policy is set, and it fails.
 */
export function lossIn(kind: HazardKind, key: string, asked = false): string {
  const policy = `pg_catalog.set_config('${rowSetting(asked)}', pg_catalog.current_setting('${policySetting(kind, asked)}', true), true)`;
  return `case when ${isOneOf(policy, 'text', ["'warn'", "'allow'"])} then true
    else ${failing('unforeseen', literal(key))} ${EQ} '' end`;
}

/** Adds what {@link lossIn} noted to the hazards that were found, and clears it. */
export function noteLosses(key: string, asked = false): string {
  const found = `pg_catalog.current_setting('${FOUND_SETTING}', true)`;
  const noted = `case when pg_catalog.current_setting('${rowSetting(asked)}', true) ${EQ} 'warn' then ${literal(key)} end`;
  return `select pg_catalog.set_config('${FOUND_SETTING}', pg_catalog.concat_ws(' ', ${found}, ${noted}), true), pg_catalog.set_config('${rowSetting(asked)}', '', true)`;
}

export function policyIs(kind: HazardKind, policies: readonly string[]): string {
  return isOneOf(`pg_catalog.current_setting('${policySetting(kind)}', true)`, 'text', policies.map(literal));
}
