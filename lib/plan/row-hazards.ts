import type { Hazard } from './plan';

/** Where a change meets rows. */
type At = Required<Pick<Hazard, 'table' | 'column'>>;

/** @param what what the change does, as the subject of a sentence */
export function rewriteHazard(what: string, { table, column }: At, saferWay: string): Hazard {
  const message = `${what} rewrites every row of "${table}" and blocks reads until it is done.`;
  return { kind: 'rewrite', table, column, message, saferWay };
}

/** @param what what the change does, as the subject of a sentence */
export function scanHazard(what: string, { table, column }: At, saferWay: string): Hazard {
  const message = `${what} reads every row of "${table}" while the table is locked for everyone else.`;
  return { kind: 'scan', table, column, message, saferWay };
}

/** A unique index that is built under the lock. */
export function uniqueBuildHazard({ table, column }: At, saferWay: string): Hazard {
  const message = `The unique index on "${column}" is built while "${table}" cannot be read.`;
  return { kind: 'uniqueBuild', table, column, message, saferWay };
}
