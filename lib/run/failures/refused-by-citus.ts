import type { Subject } from '../../plan/subject';
import { reasonOf } from './advice';
import type { Diagnosis } from './message';
import { isRefusalOfCitus } from './server-error';

/** What Citus refuses once it has looked at the tables: its coordinator does, before a worker hears of it. */
export function refusedByCitus(
  error: unknown,
  general: Diagnosis,
  subjects: readonly Subject[],
): Diagnosis | undefined {
  if (!isRefusalOfCitus(error)) return undefined;
  const reason = reasonOf(error).replace(/\.$/, '');
  const targets = isAboutReference(error) ? targetsOf(general.org, subjects) : [];
  const [only, ...others] = targets;
  const words = (model: string): string =>
    only !== undefined && others.length === 0
      ? `${model} cannot refer to ${only}: on Citus, a tenant refers to its own tables and to reference tables, which are on every node (${reason}). Nothing was changed. Make it one first: select create_reference_table('${only}').`
      : `Citus, which distributes ${model}, refused its change: ${reason}. Nothing was changed; docs/citus.md has what it cannot do, and what to do instead.`;
  return { ...general, code: 'UNSUPPORTED_DATABASE', retryScope: 'none', message: ({ model }) => words(model) };
}

function isAboutReference(error: unknown): boolean {
  const { routine } = error as { readonly routine?: string };
  return routine?.startsWith('ErrorIfUnsupportedForeignConstraint') === true;
}

/** The tables of other schemas that the changes refer to, as quoted in SQL. */
function targetsOf(org: string, subjects: readonly Subject[]): readonly string[] {
  const targets = subjects.flatMap(({ effects }) =>
    effects.flatMap((effect) =>
      effect.verb === 'refersTo' && effect.schema !== org ? [`"${effect.schema}"."${effect.table}"`] : [],
    ),
  );
  return [...new Set(targets)];
}
