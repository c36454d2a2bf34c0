import type { Knex } from 'knex';
import {
  addFieldToModel,
  addIndex,
  addKey,
  addReference,
  alterField,
  createModel,
  createModels,
  dropFieldFromModel,
  dropIndex,
  dropKey,
  dropModel,
  dropReference,
  renameField,
  renameModel,
} from '../migration';
import { driftReport } from '../catalog/drift';
import { fingerprints } from '../catalog/fingerprints';
import { inspectModel, inspectTenant } from '../catalog/inspect';
import { applyChange, applyChanges } from '../migration/apply-changes';
import { deletionsOf, planChange, planChanges } from '../migration/plan-changes';
import { previewConversion } from '../migration/preview-conversion';
import { abandonOnline, applyOnline, onlineStatus, planOnline } from '../online';
import type { ChangeOptions, OnlineOptions, TenantOptions } from '../options/options';
import { settingsOf } from '../options/settings';
import { pauseRollout, prepareLedger, resumeRollout, rollOut, rolloutStatus, workRollouts } from '../rollout';
import { identifier } from '../sql/identifier';
import { createTenant } from '../tenant/create-tenant';
import { dropTenant } from '../tenant/drop-tenant';
import { renameTenant } from '../tenant/rename-tenant';
import { anyServerOf, refuseNoDb, type TenantDb } from '../tenant/tenant-db';
import { withTenant } from '../tenant/with-tenant';
import type { TenantDdl } from './bound-functions';
import { merged } from './merged-options';

/**
 * Binds the database and the options of a service once.
 *
 * @param db a Knex, or a function from an org to its Knex
 * @param options the options of every call; checked here, so a wrong one is found when the service starts
 * @throws MigrationError INVALID_SPEC, UNSUPPORTED_DATABASE
 * @example
 * const ddl = tenantDdl(knex, { logger, hazards: 'refuse', retry: { maxAttempts: 5 } });
 * await ddl.createModel('acme-corp', { table: 'invoice', fields: [{ name: 'id', type: 'Uuid' }] });
 */
export function tenantDdl(db: TenantDb, options: TenantOptions = {}): TenantDdl {
  settingsOf(options);
  refuseNoDb(db);
  // Later changes to the caller's object have no effect.
  const bound = { ...options };
  const { model: _model, turn: _turn, ...ofChanges } = bound;
  const plans = { sharedSchemas: bound.sharedSchemas };
  const on = async (org: string): Promise<Knex> => anyServerOf(identifier(org, 'org'), db);
  const over = <O extends ChangeOptions>(given?: O): O => merged<O>(ofChanges, given);
  const { lockTimeoutMs: _lockTimeoutMs, retry: _retry, ...ofOnline } = ofChanges;
  const overOnline = (given?: OnlineOptions): OnlineOptions => ({ ...ofOnline, ...given });
  return {
    createTenant: (org, given) => createTenant(org, db, over(given)),
    renameTenant: (org, to, given) => renameTenant(org, to, db, over(given)),
    dropTenant: (org, given) => dropTenant(org, db, over(given)),
    withTenant: (org, callback, given) => withTenant(org, db, callback, merged<TenantOptions>(bound, given)),
    planChange: (org, change) => planChange(org, change, plans),
    planChanges: (org, changes) => planChanges(org, changes, plans),
    deletionsOf: (org, changes) => deletionsOf(org, changes, plans),
    applyChange: async (org, change, given) => applyChange(org, change, await on(org), over(given)),
    applyChanges: async (org, changes, given) => applyChanges(org, changes, await on(org), over(given)),
    planOnline: (org, change) => planOnline(org, change, plans),
    // Its own defaults are for brief waits: only what a call names goes before them.
    applyOnline: (org, change, given) => applyOnline(org, change, db, overOnline(given)),
    abandonOnline: (org, table, given) => abandonOnline(org, table, db, overOnline(given)),
    onlineStatus: (org, given) => onlineStatus(org, db, over(given)),
    createModel: async (org, spec, given) => createModel(org, spec, await on(org), over(given)),
    createModels: async (org, specs, given) => createModels(org, specs, await on(org), over(given)),
    renameModel: async (org, table, to, given) => renameModel(org, table, to, await on(org), over(given)),
    dropModel: async (org, table, given) => dropModel(org, table, await on(org), over(given)),
    addFieldToModel: async (org, table, field, given) => addFieldToModel(org, table, field, await on(org), over(given)),
    dropFieldFromModel: async (org, table, column, given) =>
      dropFieldFromModel(org, table, column, await on(org), over(given)),
    renameField: async (org, table, column, to, given) =>
      renameField(org, table, column, to, await on(org), over(given)),
    alterField: async (org, table, column, set, given) =>
      alterField(org, table, column, set, await on(org), over(given)),
    previewConversion: async (org, table, column, type, given) =>
      previewConversion(org, table, column, type, await on(org), over(given)),
    inspectTenant: async (org, given) => inspectTenant(org, await on(org), over(given)),
    driftReport: (desired, given) => driftReport(db as Knex, desired, over(given)),
    fingerprints: async (given) => fingerprints(db as Knex, over(given)),
    inspectModel: async (org, table, given) => inspectModel(org, table, await on(org), over(given)),
    addIndex: async (org, table, index, given) => addIndex(org, table, index, await on(org), over(given)),
    dropIndex: async (org, table, name, given) => dropIndex(org, table, name, await on(org), over(given)),
    addReference: async (org, table, reference, given) =>
      addReference(org, table, reference, await on(org), over(given)),
    dropReference: async (org, table, columns, given) => dropReference(org, table, columns, await on(org), over(given)),
    addKey: async (org, table, columns, given) => addKey(org, table, columns, await on(org), over(given)),
    dropKey: async (org, table, given) => dropKey(org, table, await on(org), over(given)),
    rollOut: (spec, given) => rollOut(spec, db, over(given)),
    rolloutStatus: (name, given) => rolloutStatus(name, db as Knex, over(given)),
    pauseRollout: (name, given) => pauseRollout(name, db as Knex, over(given)),
    resumeRollout: (name, given) => resumeRollout(name, db as Knex, over(given)),
    prepareLedger: (given) => prepareLedger(db as Knex, over(given)),
    workRollouts: (boss, given) => workRollouts(boss, db as Knex, over(given)),
  };
}
