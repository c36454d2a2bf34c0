import { isLeft } from 'fp-ts/lib/Either';
import { BOUNDS } from '../../codec/bounds';
import { faultsOf } from '../../codec/object-codec';
import { MigrationError } from '../../errors';
import type { Extra, TenantInspection } from '../../spec/extra';
import { ModelSpec, type Model } from '../../spec/model-spec';
import { DEFAULT_SHARED_SCHEMAS } from '../../spec/shared-schemas';
import { foreignKeysOf } from '../foreign-keys';
import { canonical, type Canonical } from './canonical';

/** A list of models, or all that a tenant's schema holds. */
export type Models = readonly ModelSpec[] | TenantInspection;

/** How models are to be compared. */
export interface CompareOptions {
  /** The org that the models are of. Default: that of the inspection, where one is given. */
  readonly org?: string | undefined;
  /** Schemas that all tenants share: a reference to one of them means it, and no schema of a tenant. Default `['public']`. */
  readonly sharedSchemas?: readonly string[] | undefined;
}

/** One of two sides of a comparison. */
export interface Side {
  readonly models: ReadonlyMap<string, Canonical>;
  readonly specs: ReadonlyMap<string, Model>;
  readonly extras: readonly Extra[];
  /** The schema that its references name for the tenant's own. */
  readonly own: string | undefined;
}

/**
 * Two lists of models, checked and by what they mean.
 *
 * @throws MigrationError INVALID_SPEC
 */
export function sidesOf(desired: Models, actual: Models, options: CompareOptions): { desired: Side; actual: Side } {
  const org = orgIn(actual) ?? options.org;
  const [wanted, found] = [checkedModels(desired, 'desired'), checkedModels(actual, 'actual')];
  const shared = options.sharedSchemas ?? DEFAULT_SHARED_SCHEMAS;
  const [inDesired, inActual] = [schemasIn(wanted, shared), schemasIn(found, shared)];
  return {
    desired: sideOf(wanted, desired, orgIn(desired) ?? ownSchema(inDesired, inActual, org)),
    actual: sideOf(found, actual, org ?? ownSchema(inDesired, inActual, undefined)),
  };
}

/** The same for one list. */
export function sideOfOne(models: Models, { org, sharedSchemas = DEFAULT_SHARED_SCHEMAS }: CompareOptions): Side {
  const checked = checkedModels(models, 'models');
  const schemas = schemasIn(checked, sharedSchemas);
  return sideOf(checked, models, orgIn(models) ?? ownSchema(schemas, schemas, org));
}

function sideOf(models: readonly Model[], given: Models, own: string | undefined): Side {
  return {
    models: new Map(models.map((model) => [model.table, canonical(model, own)])),
    specs: new Map(models.map((model) => [model.table, model])),
    extras: isList(given) ? [] : given.extras,
    own,
  };
}

/**
 * The desired models may be those of a template, whose references name its own schema: the only one that they name and
 * that is not shared. Where that leaves it open, names are compared as they are written, which finds more, not less.
 */
function ownSchema(
  inDesired: ReadonlySet<string>,
  inActual: ReadonlySet<string>,
  org: string | undefined,
): string | undefined {
  const [only] = inDesired.size === 1 ? inDesired : [];
  if (org !== undefined) return inDesired.has(org) ? org : (only ?? org);
  if (only === undefined) return inDesired.size === 0 && inActual.size === 1 ? [...inActual][0] : undefined;
  return inActual.size === 0 || inActual.has(only) ? only : undefined;
}

function schemasIn(models: readonly Model[], shared: readonly string[]): ReadonlySet<string> {
  const named = new Set<string>(
    models.flatMap(foreignKeysOf).flatMap(({ references }) => (references as { schema?: string }).schema ?? []),
  );
  for (const schema of shared) named.delete(schema);
  return named;
}

function orgIn(models: Models): string | undefined {
  return isList(models) ? undefined : models.org;
}

function isList(models: Models): models is readonly ModelSpec[] {
  return Array.isArray(models);
}

function checkedModels(given: Models, name: string): readonly Model[] {
  // What was read back is as it was checked, and may hold what no spec may: a table is not looked at twice.
  const models = isList(given)
    ? given.map((model, at) => checkedModel(model, `${name}[${at}]`))
    : (given.models as unknown as readonly Model[]);
  const tables = new Set(models.map(({ table }) => table));
  if (tables.size === models.length) return models;
  throw new MigrationError(`The models cannot be compared. ${name}: two of them have the same table.`, {
    code: 'INVALID_SPEC',
  });
}

function checkedModel(model: ModelSpec, path: string): Model {
  const decoded = ModelSpec.decode(model);
  if (!isLeft(decoded)) return decoded.right;
  const faults = faultsOf(decoded.left).slice(0, BOUNDS.faults);
  const lines = faults.map((fault) => `${path}.${fault.path}: ${fault.message}`);
  throw new MigrationError(`The models cannot be compared. ${lines.join('; ')}`, { code: 'INVALID_SPEC', faults });
}
