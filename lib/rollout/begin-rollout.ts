import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import { checkedChanges } from '../plan/checked-changes';
import type { CheckedChange } from '../plan/operations';
import { serverOf, type TenantDb } from '../tenant/tenant-db';
import { frozen, otherListError, type FrozenList } from './frozen-list';
import { addTenants, entryOf, register, tenantsOf, type LedgerEntry, type LedgerTenant } from './ledger';
import { keptList } from './kept-list';
import { ensureLedger, ledgerServer } from './prepare-ledger';
import { prepareOnline } from './prepare-online';
import { rolloutOn, type RolloutOn } from './rollout-on';
import type { RolloutSpec } from './rollout-types';
import type { RolloutSettings } from './rollout-settings';
import { inOrder, type Target } from './targets';
import { tenantWork } from './tenant-work';

/** A rollout that is about to begin, or to go on: what was given, and the servers it is for. */
export interface Prepared {
  readonly name: string;
  readonly list: FrozenList;
  readonly changes: readonly CheckedChange[];
  readonly targets: readonly Target[];
  readonly servers: ReadonlyMap<Knex, readonly Target[]>;
  readonly settings: RolloutSettings;
}

const MAX_NAME_CHARACTERS = 200;

/** Finds every fault that can be found before anything is written. */
export async function prepare(
  spec: RolloutSpec,
  db: TenantDb,
  targets: readonly Target[],
  settings: RolloutSettings,
): Promise<Prepared> {
  const name = nameOf(spec);
  const plain = targets.find(({ own }) => own === undefined);
  if (plain !== undefined && spec.changes === undefined) {
    throw invalidError(`The rollout "${name}" has no changes for "${plain.org}": give a list for all, or one with it.`);
  }
  const given = checkedChanges(undefined, spec.changes ?? [], settings.change.sharedSchemas);
  if (spec.changes !== undefined && given.length === 0) throw invalidError(`The rollout "${name}" has no changes.`);
  refuseUnknownCanary(targets, settings);
  const servers = await byServer(targets, db);
  const entries = await entriesOf(name, servers, settings);
  const [kept] = entries.values();
  const goesOn = spec.changes === undefined && targets.length === 0 && kept !== undefined;
  const changes = goesOn ? keptList(kept, settings) : given;
  const prepared = { name, list: goesOn ? listOf(kept) : frozen(changes), changes, targets, servers, settings };
  for (const [server, entry] of entries) await refuseOtherList(server, entry, servers.get(server) ?? [], prepared);
  return prepared;
}

/** The rollout on each server that knows it. */
async function entriesOf(
  name: string,
  servers: ReadonlyMap<Knex, readonly Target[]>,
  { change, online }: RolloutSettings,
): Promise<ReadonlyMap<Knex, LedgerEntry>> {
  const entries = new Map<Knex, LedgerEntry>();
  for (const [server, own] of servers) {
    await ensureLedger(server, change);
    if (online !== undefined) await prepareOnline(server, change);
    const entry = await entryOf(server, name, change);
    if (entry !== undefined) entries.set(server, entry);
    else if (own.length === 0)
      throw invalidError(`The rollout "${name}" has no orgs to begin with, and the ledger has none to continue.`);
  }
  return entries;
}

/** The list as it was written down, to the letter: another version of the library may write it in another way. */
function listOf({ changes, hash }: LedgerEntry): FrozenList {
  return { json: changes, hash };
}

function nameOf(spec: RolloutSpec | null | undefined): string {
  const { name } = spec ?? ({} as Partial<RolloutSpec>);
  if (typeof name === 'string' && name !== '' && name.length <= MAX_NAME_CHARACTERS) return name;
  throw invalidError(
    `A rollout needs a name of 1 to ${MAX_NAME_CHARACTERS} characters: rollOut({ name, changes }, db, { orgs }).`,
  );
}

function refuseUnknownCanary(targets: readonly Target[], { canary }: RolloutSettings): void {
  if (typeof canary === 'number' || targets.length === 0) return;
  const orgs = new Set<string>(targets.map(({ org }) => org));
  const unknown = canary.find((org) => !orgs.has(org));
  if (unknown !== undefined) throw invalidError(`The canary "${unknown}" is not among the orgs.`);
}

/** One Knex is one server, whatever the orgs are. */
export async function byServer(
  targets: readonly Target[],
  db: TenantDb,
): Promise<ReadonlyMap<Knex, readonly Target[]>> {
  const servers = new Map<Knex, Target[]>();
  for (const target of targets) {
    const server = ledgerServer(await serverOf(target.org, db, 'rollOut'));
    const known = servers.get(server);
    if (known === undefined) servers.set(server, [target]);
    else known.push(target);
  }
  if (servers.size === 0) servers.set(ledgerServer(await serverOf('', db, 'rollOut')), []);
  return servers;
}

async function refuseOtherList(
  server: Knex,
  entry: LedgerEntry,
  targets: readonly Target[],
  { name, list, settings }: Omit<Prepared, 'servers'>,
): Promise<void> {
  if (entry.hash !== list.hash) throw otherListError(name, '', entry.hash, list.hash);
  const kept = new Map((await tenantsOf(server, entry.id, settings.change)).map(({ org, hash }) => [org, hash]));
  for (const { org, own } of targets) {
    const hash = kept.get(org);
    const given = own?.hash ?? null;
    if (hash !== undefined && hash !== given) {
      throw otherListError(name, `for "${org}" `, hash ?? 'that of all', given ?? 'that of all');
    }
  }
}

/** A recorded rollout. */
export interface Begun {
  readonly on: RolloutOn;
  readonly entry: LedgerEntry;
}

/** Writes the rollout and its tenants down, on each server, where they are not yet; `added` is how many were not. */
export async function begin(prepared: Prepared): Promise<{ readonly begun: readonly Begun[]; readonly added: number }> {
  const { name, list, changes, servers, settings } = prepared;
  const begun: Begun[] = [];
  const kept: LedgerTenant[] = [];
  const work = tenantWork(changes, settings);
  let { seed } = settings;
  for (const server of servers.keys()) {
    const { entry, tenants } = await register(server, name, list, seed, settings.change);
    kept.push(...tenants);
    if (entry.hash !== list.hash) throw otherListError(name, '', entry.hash, list.hash);
    // Of the first one: a rollout that goes on keeps its order.
    seed = begun[0]?.entry.seed ?? entry.seed;
    begun.push({ entry, on: rolloutOn({ server, name, id: entry.id, settings }, work) });
  }
  const added = await addTargets(begun, kept, prepared, { ...settings, seed });
  return { begun, added };
}

/** Adds the tenants that the ledgers do not have, after all those that they have. Returns how many were added. */
async function addTargets(
  begun: readonly Begun[],
  kept: readonly LedgerTenant[],
  { targets, servers }: Prepared,
  { canary, seed, change }: RolloutSettings,
): Promise<number> {
  const known = new Set(kept.map(({ org }) => org));
  const first = kept.reduce((last, { place }) => Math.max(last, place + 1), 0);
  const ordered = inOrder(
    targets.filter(({ org }) => !known.has(org)),
    canary,
    seed,
  );
  const places = new Map(ordered.map(({ org }, index) => [org, first + index]));
  for (const { on, entry } of begun) {
    const own = (servers.get(on.server) ?? []).filter(({ org }) => places.has(org));
    const rows = own.map(({ org, own: list }) => {
      const outcome: 'pending' | 'skipped' = list?.json === '[]' ? 'skipped' : 'pending';
      return { org, place: places.get(org) as number, outcome, own: list };
    });
    rows.sort((a, b) => a.place - b.place);
    await addTenants(on.server, entry.id, rows, change);
  }
  return ordered.length;
}

function invalidError(message: string): MigrationError {
  return new MigrationError(message, { code: 'INVALID_SPEC' });
}
