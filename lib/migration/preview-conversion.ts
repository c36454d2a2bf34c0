import { isLeft } from 'fp-ts/lib/Either';
import type { Knex } from 'knex';
import { runInCallersTransaction } from '../run/ways/callers-transaction';
import { runInOwnTransaction } from '../run/ways/own-transaction';
import { isMemory, valueOf } from '../run/wire/send';
import { contextOf, orgOn } from '../run/tenant-context';
import type { Work } from '../run/work';
import { faultLines } from '../codec/fault-lines';
import { faultsOf } from '../codec/object-codec';
import { MAX_PREVIEWED_ROWS, previewBlock, PREVIEW_SETTING } from '../plan/alter-field/conversion-preview';
import { MigrationError } from '../errors';
import { fieldTypeSpec } from '../spec/field-changes';
import { identifier } from '../sql/identifier';
import type { ChangeOptions } from '../options/options';
import { settingsOf } from '../options/settings';
import { operations } from '../plan/operations';
import { expectedField, expectedModel } from '../plan/effects';
import type { NewType, TypeSpec } from '../field-types/type-change';
import { typeOptionFaults } from '../field-types/type-options';

/** What a change of type would do to the rows that were read. */
export interface ConversionPreview {
  /** Rows that were read: all of them, or the first 100,000. */
  readonly rows: number;
  /** Rows whose value converts without loss. */
  readonly converts: number;
  /** Rows whose value would lose a part: a fraction, digits, a time of day, trailing blanks. */
  readonly loses: number;
  /** Rows whose value cannot be converted. */
  readonly fails: number;
  /** Whether every row of the table was read. */
  readonly complete: boolean;
}

/**
 * Counts what a change of a field's type would do to its rows, and changes nothing.
 *
 * Locks: ACCESS SHARE on the table, as any query. Reads at most 100,000 rows, for at most `statementTimeoutMs`.
 *
 * @throws MigrationError INVALID_SPEC, also if PostgreSQL has no conversion between the types;
 *   MODEL_NOT_FOUND, FIELD_NOT_FOUND, STATEMENT_TIMEOUT, …; UNSUPPORTED_DATABASE on pg-mem
 * @example
 * await previewConversion('acme-corp', 'invoice', 'note', { type: 'Int' }, tenant);
 * // { rows: 120, converts: 117, loses: 1, fails: 2, complete: true }
 */
export async function previewConversion(
  org: string,
  table: string,
  column: string,
  type: TypeSpec,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ConversionPreview> {
  const at = { org: orgOn(org, tenant), table: identifier(table, 'table'), column: identifier(column, 'column') };
  const to = checkedType(type, at);
  const settings = settingsOf(options, contextOf(tenant)?.settings);
  if (isMemory(tenant)) {
    throw new MigrationError('pg-mem cannot convert values. Preview a conversion on a PostgreSQL server.', {
      code: 'UNSUPPORTED_DATABASE',
      ...at,
    });
  }
  const work: Work = {
    org: at.org,
    statements: [
      previewBlock(at.org, at.table, at.column, to),
      `select pg_catalog.current_setting('${PREVIEW_SETTING}') as tenant_ddl_preview`,
    ],
    subjects: [
      {
        message: operations.alterField.message,
        table: at.table,
        fields: [at.column],
        effects: [],
        expectations: [expectedModel(at.org, at.table), expectedField(at.org, at.table, at.column)],
        presence: [],
      },
    ],
    hazards: [],
  };
  const run = tenant.isTransaction === true ? runInCallersTransaction : runInOwnTransaction;
  const [rows = 0, converts = 0, loses = 0, fails = 0] = String(
    valueOf(await run(work, tenant, settings), 'tenant_ddl_preview'),
  )
    .split(' ')
    .map(Number);
  const complete = rows <= MAX_PREVIEWED_ROWS;
  return { rows: Math.min(rows, MAX_PREVIEWED_ROWS), converts, loses, fails, complete };
}

function checkedType(type: unknown, at: { org: string; table: string; column: string }): NewType {
  const decoded = fieldTypeSpec.decode(type);
  const faults = isLeft(decoded)
    ? faultsOf(decoded.left)
    : typeOptionFaults(decoded.right.type, { ...decoded.right, name: at.column });
  if (!isLeft(decoded) && faults.length === 0) return { ...decoded.right, name: at.column };
  throw new MigrationError(
    `previewConversion was refused, and nothing was sent to the database. ${faultLines(faults, 'type').join('; ')}`,
    {
      code: 'INVALID_SPEC',
      ...at,
      faults,
    },
  );
}
