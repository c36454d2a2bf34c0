import type { Knex } from 'knex';
import {
  applyChanges,
  changesFor,
  diffModels,
  formatDifference,
  inspectTenant,
  planChanges,
  withTenant,
  type Difference,
} from 'tenant-ddl';
import { modelsOf } from './metadata';
import { writeHistory } from './metadata-changes';
import { OPTIONS } from './quiet';

/** What is different between the metadata of a tenant and its tables, and the SQL that mends it. */
export async function drift(org: string, db: Knex): Promise<object> {
  const differences = await differencesOf(org, db);
  return {
    differences: differences.map((difference) => ({
      message: formatDifference(difference),
      remedy: difference.remedy,
      hint: difference.hint,
    })),
    mend: sqlOf(org, differences, false),
    destructive: sqlOf(org, differences, true),
  };
}

/** Brings the tables back to what the metadata says. */
export function mend(org: string, destructive: boolean, db: Knex): Promise<{ readonly changes: number }> {
  return withTenant(
    org,
    db,
    async (tenant) => {
      const changes = changesFor(await differencesOf(org, tenant), { destructive });
      if (changes.length === 0) return { changes: 0 };
      const { statements, durationMs } = await applyChanges(org, changes, tenant);
      await writeHistory(org, 'Mend drift', { statements, durationMs }, tenant);
      return { changes: changes.length };
    },
    // Nobody changes this tenant between the look and the change.
    { ...OPTIONS, turn: 'start' },
  );
}

async function differencesOf(org: string, db: Knex): Promise<readonly Difference[]> {
  return diffModels(await modelsOf(org, db), await inspectTenant(org, db));
}

function sqlOf(org: string, differences: readonly Difference[], destructive: boolean): readonly string[] {
  const changes = changesFor(differences, { destructive });
  return changes.length === 0 ? [] : planChanges(org, changes).steps.map(({ sql }) => sql);
}
