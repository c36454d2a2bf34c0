import type { Knex } from 'knex';
import { MigrationError, type ErrorCode } from '../../errors';
import type { Identifier } from '../../sql/identifier';
import { constraintIn } from './pg-mem-tables';

const CHANGES = /^alter table "[^"]+"\."([^"]+)" (add|drop) constraint (?:if exists )?"([^"]*_fkey_[^"]*)"/;

/**
 * What a server's guards would say of a foreign key that is there already, or is not: pg-mem adds a second one, and
 * drops what is not there, without a word. By the derived names: pg-mem does not tell the columns of a key.
 */
export function refuseReferences(db: Knex, org: Identifier, statements: readonly string[]): void {
  const there = new Map<string, boolean>();
  for (const statement of statements) {
    const [, table = '', verb, name = ''] = CHANGES.exec(statement) ?? [];
    if (verb === undefined) continue;
    const isThere = there.get(name) ?? constraintIn(db, org, table, name);
    if (isThere === undefined) continue;
    if (isThere && verb === 'add') throw referenceError(org, table, 'REFERENCE_EXISTS', `already has "${name}"`);
    if (!isThere && verb === 'drop') throw referenceError(org, table, 'REFERENCE_NOT_FOUND', `has no "${name}"`);
    there.set(name, verb === 'add');
  }
}

function referenceError(org: string, table: string, code: ErrorCode, what: string): MigrationError {
  const message = `"${org}"."${table}" ${what}, and nothing was changed. Compare the model's metadata with the table.`;
  return new MigrationError(message, { code, org, table });
}
