import { indexName, keyColumnsOf, type Index } from '../../spec/index-spec';
import { qualifiedExisting, type Identifier } from '../../sql/identifier';
import { step, type Lock } from '../plan';
import { createIndex } from '../render';
import type { BuildStage, DropIndexStage } from './stage';

/** `create index concurrently`, by the name that the plain change gives it. */
export function buildIndex(org: Identifier, table: Identifier, index: Index): BuildStage {
  const sql = createIndex(org, table, index).replace(/^create (?:unique )?index /, '$&concurrently ');
  const locks = shareUpdate(org, table);
  return {
    kind: 'build',
    name: 'build index',
    index: indexName(table, index),
    columns: keyColumnsOf(index),
    steps: [step(sql, { locks, scansTable: true, transactional: false })],
  };
}

export function dropIndexConcurrently(org: Identifier, table: Identifier, name: string): DropIndexStage {
  const sql = `drop index concurrently ${qualifiedExisting(org, name)}`;
  return {
    kind: 'drop',
    name: 'drop index',
    index: name,
    steps: [step(sql, { locks: shareUpdate(org, table), transactional: false })],
  };
}

/** It keeps no reader or writer out (manual 13.3.1). */
export function shareUpdate(org: Identifier, table: Identifier): readonly Lock[] {
  return [{ schema: org, table, mode: 'ShareUpdateExclusiveLock' }];
}
