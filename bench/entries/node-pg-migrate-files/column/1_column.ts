import type { MigrationBuilder } from 'node-pg-migrate';
import { COLUMN, sqlType } from '../../../models.ts';
import { SET_LOCK_TIMEOUT } from '../../../sql.ts';

export function up(pgm: MigrationBuilder): void {
  pgm.sql(SET_LOCK_TIMEOUT);
  pgm.addColumn(tableToChange(), { [COLUMN.name]: { type: sqlType(COLUMN), default: COLUMN.default } });
}

export function down(pgm: MigrationBuilder): void {
  pgm.sql(SET_LOCK_TIMEOUT);
  pgm.dropColumn(tableToChange(), COLUMN.name);
}

function tableToChange(): string {
  const { table } = globalThis.nodePgMigrateTask;
  if (table === undefined) throw new Error('No table to change');
  return table;
}
