import type { Knex } from 'knex';
import type { Difference } from '../plan/difference/difference';
import { diffModels } from '../plan/difference/diff-models';
import type { Models } from '../plan/difference/sides';
import { settingsOf } from '../options/settings';
import type { SchemaFacts } from './facts';
import { inspectionOf } from './model-of';
import { readPages, type ServerOptions } from './pages';

/** How many orgs are listed as examples of a group. */
const EXAMPLES = 3;

/** One difference, and how many tenants have it. */
export interface DriftGroup {
  readonly difference: Difference;
  readonly tenants: number;
  /** Three of them. */
  readonly examples: readonly string[];
}

/** The differences of one tenant. */
export interface TenantDrift {
  readonly org: string;
  readonly differences: readonly Difference[];
}

/** The result for the tenants that have been compared so far. */
export interface DriftReport {
  /** Whether every tenant was compared. False until the last page, and also there if some tenants were being changed. */
  readonly complete: boolean;
  /** The number of tenants compared. */
  readonly tenants: number;
  /** How many of them have no difference. */
  readonly same: number;
  /** The differences, most frequent first. */
  readonly groups: readonly DriftGroup[];
  /** Orgs that were being changed while they were read; they were not compared. */
  readonly changing: readonly string[];
  /** Orgs that you asked for and that have no schema. */
  readonly gone: readonly string[];
  /** The tenants of the latest page that have differences; the groups keep only examples. */
  readonly page: readonly TenantDrift[];
}

/**
 * Compares all tenants of a server with the desired models and groups them by difference. An async iterator: it yields
 * the report so far after each page of tenants; the last report covers everything. Its memory is bounded by the number
 * of distinct differences and by one page, however many tenants there are.
 *
 * Each page is one query in its own short transaction. It reads only the catalogs and takes no lock that a change would
 * wait for. A tenant that is being changed is listed in `changing`, and the report is then not `complete`.
 *
 * @param db the Knex of a server
 * @param desired models of your metadata, or a tenant that was read back; references to its own schema mean each tenant's
 * @param options `orgs`, default all tenants; `pageSize` 250; `lockTimeoutMs` 900 and `statementTimeoutMs` 30000 in
 *   milliseconds, of each page; `retry`; `sharedSchemas`
 * @throws MigrationError INVALID_SPEC, LOCK_TIMEOUT, STATEMENT_TIMEOUT, CONNECTION_LOST, …: what was given until then is not
 *   `complete`; UNSUPPORTED_DATABASE on pg-mem
 * @example
 * for await (const report of driftReport(knex, models)) console.log(formatDrift(report));
 * // 2,431 tenants: invoice.status is missing (acme-1, acme-2, acme-3, …)
 */
export async function* driftReport(
  db: Knex,
  desired: Models,
  options: ServerOptions = {},
): AsyncGenerator<DriftReport> {
  const { sharedSchemas } = settingsOf(withoutPages(options));
  // Faults in the desired models are reported before anything is read.
  diffModels(desired, [], { sharedSchemas });
  const groups = new Map<string, Group>();
  const changing: string[] = [];
  const gone: string[] = [];
  let [tenants, same] = [0, 0];
  const reportWith = (page: readonly TenantDrift[], complete: boolean): DriftReport => ({
    complete,
    tenants,
    same,
    groups: [...groups.values()]
      .sort((a, b) => b.tenants - a.tenants)
      .map((group) => ({ ...group, examples: [...group.examples] })),
    changing: [...changing],
    gone: [...gone],
    page,
  });

  let page: readonly TenantDrift[] = [];
  let isFirst = true;
  for await (const { schemas, gone: missing } of readPages(db, options)) {
    // Only the end of the iteration shows which page is the last.
    if (!isFirst) yield reportWith(page, false);
    isFirst = false;
    gone.push(...missing);
    changing.push(...schemas.filter(({ isChanging }) => isChanging).map(({ name }) => name));
    const compared = schemas.filter(({ isChanging }) => !isChanging);
    const drifted = differing(compared, desired, sharedSchemas);
    for (const drift of drifted) for (const difference of drift.differences) addTo(groups, drift.org, difference);
    tenants += compared.length;
    same += compared.length - drifted.length;
    page = drifted;
  }
  yield reportWith(page, changing.length === 0);
}

function withoutPages({ orgs: _orgs, pageSize: _pageSize, ...options }: ServerOptions): ServerOptions {
  return options;
}

interface Group {
  readonly difference: Difference;
  tenants: number;
  readonly examples: string[];
}

/** Schemas of the same shape have the same differences, which contain no tenant's schema. */
function differing(
  schemas: readonly SchemaFacts[],
  desired: Models,
  sharedSchemas: readonly string[],
): readonly TenantDrift[] {
  const known = new Map<string, readonly Difference[]>();
  return schemas.flatMap((schema) => {
    const differences = known.get(schema.shape) ?? diffModels(desired, inspectionOf(schema), { sharedSchemas });
    known.set(schema.shape, differences);
    return differences.length === 0 ? [] : [{ org: schema.name, differences }];
  });
}

function addTo(groups: Map<string, Group>, org: string, difference: Difference): void {
  const key = JSON.stringify(difference);
  const group = groups.get(key) ?? { difference, tenants: 0, examples: [] };
  group.tenants += 1;
  if (group.examples.length < EXAMPLES) group.examples.push(org);
  groups.set(key, group);
}
