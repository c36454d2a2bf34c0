import type { MigrationError } from '../errors';

/** The schema of the library's own tables, in the database of the tenants. */
export const OWN_SCHEMA = 'create schema "tenant_ddl"';

/** Stands for a role that is not known, in what an admin is to run. */
export const YOUR_ROLE = 'the_role_of_your_service';

/** What a look found of some of the library's own tables. */
export interface OwnTables {
  readonly role?: string | undefined;
  /** False if what is there may not be used. */
  readonly mayUse: boolean;
  /** Whether Citus would distribute a new schema. */
  readonly isOnCitus?: boolean;
  /** The statements that create what is missing. */
  readonly missing: readonly string[];
}

/** Tables of all tenants stay on the coordinator of Citus, where every transaction passes. */
const STAY_LOCAL = 'set local citus.enable_schema_based_sharding = off';

/** More often than others can come in between. */
const MAX_LOOKS = 5;

/** duplicate_schema, duplicate_table, unique_violation of a catalog, duplicate_object (PostgreSQL manual, Appendix A). */
const IS_THERE = ['42P06', '42P07', '23505', '42710'];

/** Creates whatever is missing. Of several concurrent calls, one creates it and the others find it. */
export async function createMissing(
  look: () => Promise<OwnTables>,
  create: (statements: readonly string[]) => Promise<unknown>,
  deniedError: (role: string, cause?: unknown) => MigrationError,
): Promise<void> {
  for (let looks = 1; ; looks += 1) {
    const { role = YOUR_ROLE, mayUse, missing, isOnCitus = false } = await look();
    if (!mayUse) throw deniedError(role);
    if (missing.length === 0) return;
    try {
      await create(isOnCitus ? [STAY_LOCAL, ...missing] : missing);
    } catch (error) {
      const { code, sqlState } = error as MigrationError;
      if (code === 'PERMISSION_DENIED') throw deniedError(role, error);
      if (!IS_THERE.includes(sqlState ?? '') || looks >= MAX_LOOKS) throw error;
    }
  }
}

/** A role as SQL writes it, for what an admin is to grant. */
export function granteeSql(role: string): string {
  return `"${role.replaceAll('"', '""')}"`;
}
