import type { Change } from '../..';
import { RefusedError } from '../failures';
import { library } from '../library';
import type { World } from '../world';
import { refuseFaults } from './faults-in-file';
import { readJson, type JsonFile, type Path } from './json-file';
import { isPlanFile, planIn, type PlannedTenant } from './plan-file';

/** What a file of changes holds. */
export interface ChangesFile {
  readonly file: JsonFile;
  readonly changes: readonly Change[];
  /** Of a plan file: the tenants that it was made for. */
  readonly tenants?: readonly PlannedTenant[];
}

/** Reads a list of changes, one change, `{ "changes": […] }`, or what `plan --out` has written. */
export async function readChanges(name: string, world: World): Promise<ChangesFile> {
  const file = await readJson(name, world);
  if (isPlanFile(file.value)) return { file, ...planIn(file) };
  const { changes } = listIn(file);
  return { file, changes };
}

/** For an org, since the name of a shared schema is refused in one place and needed in another. */
export function refuseFaultyChanges({ file }: ChangesFile, org: string, sharedSchemas?: readonly string[]): void {
  const { changes, at } = listIn(file);
  const { planChange } = library();
  const check = (change: Change) => (): void => void planChange(org, change, { sharedSchemas });
  refuseFaults(
    file,
    changes.map((change, index) => ({ at: at(index), check: check(change) })),
  );
}

function listIn({ name, value }: JsonFile): { changes: readonly Change[]; at: (index: number) => Path } {
  if (Array.isArray(value)) return refuseEmpty(name, value as Change[], (index) => [index]);
  const { changes, kind } = (value ?? {}) as { readonly changes?: unknown; readonly kind?: unknown };
  if (Array.isArray(changes)) return refuseEmpty(name, changes as Change[], (index) => ['changes', index]);
  if (typeof kind === 'string') return { changes: [value as Change], at: () => [] };
  throw new RefusedError(
    `${name} must be a list of changes, [{ "kind": "addField", … }, …], one change, or { "changes": […] }.`,
  );
}

function refuseEmpty(name: string, changes: readonly Change[], at: (index: number) => Path): ReturnType<typeof listIn> {
  if (changes.length === 0) throw new RefusedError(`${name} has no changes.`);
  return { changes, at };
}
