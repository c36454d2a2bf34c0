import { isLeft } from 'fp-ts/lib/Either';
import type { Knex } from 'knex';
import { inspectTenant } from '../catalog/inspect';
import type { MigrationError } from '../errors';
import type { Settings } from '../options/options';
import { diffModels } from '../plan/difference/diff-models';
import type { Effect } from '../plan/effects';
import { fold } from '../plan/fold';
import type { Work } from '../run/work';
import type { Extra } from '../spec/extra';
import { columnsUsedBy } from '../spec/index-spec';
import { ModelSpec, type Model } from '../spec/model-spec';
import type { Identifier } from '../sql/identifier';

/** duplicate_object: a constraint of that name, for which we have no code. */
const DUPLICATE_OBJECT = '42710';

/** Whether something of the name of what a change adds was there: the same, or something else. */
export function isInTheWay({ code, sqlState }: MigrationError): boolean {
  return ['MODEL_EXISTS', 'FIELD_EXISTS', 'INDEX_EXISTS'].includes(code) || sqlState === DUPLICATE_OBJECT;
}

/**
 * Whether a tenant already has everything that the changes add, exactly as they would add it. Only its catalog can tell:
 * a taken name proves nothing. A list that does anything other than add is never there already.
 */
export async function isThereAlready({ org, subjects }: Work, server: Knex, settings: Settings): Promise<boolean> {
  const effects = subjects.flatMap((subject) => subject.effects);
  const removals = effects.map((effect) => removalOf(effect));
  if (!removals.every((removal) => removal !== undefined)) return false;
  const { lockTimeoutMs, statementTimeoutMs, retry, sharedSchemas } = settings;
  const actual = await inspectTenant(org, server, {
    lockTimeoutMs,
    statementTimeoutMs,
    retry,
    logger: settings.logger,
  });
  const models = actual.models.map((model) => ModelSpec.decode(model));
  const decoded = models.flatMap((model): readonly Model[] => (isLeft(model) ? [] : [model.right]));
  if (decoded.length < models.length) return false;
  // Without what they add, and then with it, as they add it.
  const without = fold(org, removals.flat().reverse(), decoded);
  const desired = fold(org, effects, without) as unknown as typeof actual.models;
  const extras = actual.extras.filter((extra) => !effects.some((effect) => isPartOf(extra, effect)));
  return diffModels({ org, models: desired, extras }, actual, { org, sharedSchemas }).length === 0;
}

/** What takes an effect back; nothing for one that does not add. */
function removalOf(effect: Effect): readonly Effect[] | undefined {
  if (effect.verb === 'refersTo') return [];
  if (effect.verb !== 'adds') return undefined;
  const { table } = effect;
  const verb = 'drops';
  if (effect.of === 'table') return [{ verb, of: 'table', table }];
  if (effect.of === 'column') return [{ verb, of: 'column', table, column: effect.column }];
  if (effect.of === 'index') return [{ verb, of: 'index', table, name: effect.name }];
  if (effect.of === 'key') return [{ verb, of: 'key', table }];
  return [{ verb, of: 'reference', table, columns: effect.key.columns }];
}

/** Something unusual about what is added keeps it from being the same. */
function isPartOf({ table, name, columns = [] }: Extra, effect: Effect): boolean {
  if (effect.verb !== 'adds') return false;
  if (effect.of === 'table') return (table ?? name) === effect.table;
  if (table !== effect.table) return false;
  return columnsOf(effect).some((column) => column === name || columns.includes(column));
}

type Added = Exclude<Extract<Effect, { readonly verb: 'adds' }>, { readonly of: 'table' }>;

function columnsOf(effect: Added): readonly Identifier[] {
  if (effect.of === 'column') return [effect.column];
  if (effect.of === 'index') return columnsUsedBy(effect.index);
  return effect.of === 'key' ? effect.columns : effect.key.columns;
}
