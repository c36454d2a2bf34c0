import { createRequire } from 'node:module';
import type * as Library from '../../lib/index.ts';
import { COLUMN } from '../models.ts';
import type { Entry, OpenOptions, Session } from './entry.ts';
import { openKnex } from './knex.ts';

/** What is published: the build, not the sources. */
const library = createRequire(import.meta.url)('../../dist/index.js') as typeof Library;

type Db = Parameters<typeof library.createModel>[2];

/** The models of the bench are of no single type of field, for the compiler. */
type Specs = Parameters<typeof library.createModels>[1];

const ignore = (): void => {};
const isLevelEnabled = (level: string): boolean => level !== 'debug';
const options = { logger: { debug: ignore, info: ignore, warn: ignore, error: ignore, isLevelEnabled } };

/** Each operation is a transaction of its own: `createTenant` one, `createModels` another. */
export const onBareKnex: Entry = {
  name: 'tenant-ddl',
  how: 'on a bare Knex',
  kind: 'ours',
  open: async (at) => {
    const db = openKnex(at);
    const tenant = db as unknown as Db;
    return {
      provision: async (org, models, { schema }) => {
        if (schema) await library.createTenant(org, tenant, options);
        await library.createModels(org, models as unknown as Specs, tenant, options);
      },
      ...columns(tenant),
      close: () => db.destroy(),
    };
  },
};

export const inCallersTransaction: Entry = {
  name: 'tenant-ddl, in a transaction',
  how: "in the caller's knex transaction",
  kind: 'ours',
  open: async (at): Promise<Session> => {
    const db = openKnex(at);
    const inTransaction = (work: (trx: Db) => Promise<unknown>): Promise<void> =>
      db.transaction(async (trx) => void (await work(trx as unknown as Db)));
    return {
      provision: (org, models, { schema }) =>
        inTransaction(async (trx) => {
          if (schema) await library.createTenant(org, trx, options);
          await library.createModels(org, models as unknown as Specs, trx, options);
        }),
      addColumn: (org, table) => inTransaction((trx) => columns(trx).addColumn(org, table)),
      dropColumn: (org, table) => inTransaction((trx) => columns(trx).dropColumn(org, table)),
      close: () => db.destroy(),
    };
  },
};

/** All tenants in one call, in one wave. */
export const byRollOut: Entry = {
  name: 'tenant-ddl, rollOut',
  how: 'rollOut, its ledger included',
  kind: 'ours',
  open: async (at) => {
    const db = openKnex(at);
    const tenant = db as unknown as Db;
    return {
      dropColumn: columns(tenant).dropColumn,
      addColumnInAll: async (orgs, table) => {
        rollouts += 1;
        const spec = {
          name: `bench ${rollouts} of ${process.pid}`,
          changes: [{ kind: 'addField' as const, table, field: COLUMN }],
        };
        const { connections } = at;
        const report = await library.rollOut(spec, tenant, { ...options, orgs, connections, canary: 0, waves: [] });
        if (report.done !== orgs.length) throw new Error(`${report.done} of ${orgs.length} tenants are done`);
      },
      close: () => db.destroy(),
    };
  },
};

let rollouts = 0;

function columns(tenant: Db): Required<Pick<Session, 'addColumn' | 'dropColumn'>> {
  return {
    addColumn: async (org, table) => void (await library.addFieldToModel(org, table, COLUMN, tenant, options)),
    dropColumn: async (org, table) => void (await library.dropFieldFromModel(org, table, COLUMN.name, tenant, options)),
  };
}
