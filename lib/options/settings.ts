import { faultLines } from '../codec/fault-lines';
import { MigrationError, type Fault } from '../errors';
import type { Identifier } from '../sql/identifier';
import { settle, type GivenBy, type OptionTable, type SettledBy } from './option';
import {
  CHANGE_OPTIONS,
  ONLINE_OPTIONS,
  RETRY_OPTIONS,
  TENANT_OPTIONS,
  type OnlineOptions,
  type OnlineSettings,
  type RetryOptions,
  type RetrySettings,
  type Settings,
  type TenantOptions,
} from './options';

/**
 * Merges options over inherited ones over the defaults, for every call that takes some.
 *
 * @throws MigrationError INVALID_SPEC that names every wrong option
 */
export function settingsOf(given?: TenantOptions | null, inherited?: Settings): Settings {
  return settled(TENANT_OPTIONS, given, inherited, timeoutFaults);
}

/** The same for `withDbRetry`, which takes nothing else. */
export function retrySettingsOf(given?: RetryOptions | null): RetrySettings {
  return settled(RETRY_OPTIONS, given);
}

/** The same for an online change. */
export function onlineSettingsOf(given?: OnlineOptions | null): OnlineSettings {
  const online = settled(ONLINE_OPTIONS, given, undefined, timeoutFaults);
  const { signal, retry } = online;
  return { ...online, retry: { ...retry, signal: retry.signal ?? signal }, model: undefined, turn: 'change' };
}

/** The schemas that references can name, for planning, which has no other option. */
export function sharedSchemasOf(
  given?: { readonly sharedSchemas?: readonly string[] | undefined } | null,
): readonly string[] {
  return settled({ sharedSchemas: CHANGE_OPTIONS.sharedSchemas }, given).sharedSchemas;
}

/**
 * Refuses a shared schema as an org: it belongs to all tenants.
 *
 * @throws MigrationError INVALID_IDENTIFIER
 */
export function tenantsOwn(org: Identifier, sharedSchemas: readonly string[]): Identifier {
  if (!sharedSchemas.includes(org)) return org;
  throw new MigrationError(`The org "${org}" is one of sharedSchemas, which belong to every tenant. Choose another.`, {
    code: 'INVALID_IDENTIFIER',
    org,
  });
}

/** Settles one table of options. `faultsTogether` finds what no single option shows. */
export function settled<T extends OptionTable>(
  table: T,
  given: GivenBy<T> | null | undefined,
  inherited?: SettledBy<T>,
  faultsTogether: (settings: SettledBy<T>, faults: readonly Fault[]) => readonly Fault[] = () => [],
): SettledBy<T> {
  const faults: Fault[] = [];
  const settings = settle(table, given, inherited, 'options', faults);
  faults.push(...faultsTogether(settings, faults));
  if (faults.length === 0) return settings;
  throw new MigrationError(faultLines(faults).join('; '), { code: 'INVALID_SPEC', faults });
}

/** While a change waits for a lock, no statement may time out. */
export function timeoutFaults(
  { lockTimeoutMs, statementTimeoutMs }: Pick<Settings, 'lockTimeoutMs' | 'statementTimeoutMs'>,
  faults: readonly Fault[],
): readonly Fault[] {
  const areWrong = faults.some(({ path }) => path.endsWith('TimeoutMs'));
  if (areWrong || lockTimeoutMs < statementTimeoutMs) return [];
  return [{ path: 'options.lockTimeoutMs', message: `must be below statementTimeoutMs (${statementTimeoutMs})` }];
}
