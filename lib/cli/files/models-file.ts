import type { Models, ModelSpec } from '../..';
import { RefusedError } from '../failures';
import { library } from '../library';
import type { World } from '../world';
import { refuseFaults } from './faults-in-file';
import { readJson, type JsonFile, type Path } from './json-file';

/** Reads a list of models, `{ "models": […] }`, or what `inspect --json` has written of one tenant. */
export async function readModels(name: string, world: World): Promise<Models> {
  const file = await readJson(name, world);
  const { desired, list, at } = modelsIn(file);
  const { planChange } = library();
  refuseFaults(
    file,
    list.map((model, index) => ({
      at: [...at, index],
      check: () =>
        void planChange('org', { ...(model as ModelSpec), kind: 'createModel' }, { sharedSchemas: schemasIn(model) }),
    })),
  );
  return desired;
}

interface ModelsFound {
  readonly desired: Models;
  readonly list: readonly unknown[];
  readonly at: Path;
}

function modelsIn({ name, value }: JsonFile): ModelsFound {
  if (Array.isArray(value)) return { desired: value as ModelSpec[], list: value, at: [] };
  const { models, extras, tenants } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (Array.isArray(tenants)) {
    const [tenant, ...others] = tenants as { readonly models: readonly ModelSpec[] }[];
    if (others.length === 0 && Array.isArray(tenant?.models)) {
      // With its extras, which are then desired as well.
      return { desired: tenant as unknown as Models, list: tenant.models, at: ['tenants', 0, 'models'] };
    }
    throw new RefusedError(`${name} has the models of ${tenants.length} tenants: give those of one.`);
  }
  if (Array.isArray(models)) {
    const desired = Array.isArray(extras) ? (value as Models) : (models as ModelSpec[]);
    return { desired, list: models, at: ['models'] };
  }
  throw new RefusedError(
    `${name} must be a list of models, [{ "table": …, "fields": […] }, …], or what inspect --json has written.`,
  );
}

/** A reference may name any schema here: whether it is the right one is for the comparison. */
function schemasIn(model: unknown): readonly string[] {
  const { fields, foreignKeys } = (model ?? {}) as Readonly<Record<string, unknown>>;
  const parts = [fields, foreignKeys].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  const schemas = parts.map((part) => (part as { references?: { schema?: unknown } } | null)?.references?.schema);
  return [...new Set(schemas.filter((schema) => typeof schema === 'string'))];
}
