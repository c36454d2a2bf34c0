import { typeOf } from '../../field-types';
import { newTypeOf } from '../../spec/field-changes';
import { literal } from '../../sql/literal';
import { NE } from '../../sql/qualified-sql';
import type { Alteration } from './alteration';
import { refuse } from './refuse';

/** Statements of a block: what an identity column cannot be; `was` is its pg_attribute. */
export function identityJudgements(change: Alteration): string[] {
  const { column, set } = change;
  const to = newTypeOf(change);
  const isIdentity = `was.attidentity ${NE} ''`;
  const judgements: string[] = [];
  if (to !== undefined && !typeOf(to).canBeIdentity) {
    judgements.push(
      refuse('spec', isIdentity, literal(`"${column}" is an identity column, which can only be a whole number`)),
    );
  }
  if (set.default !== undefined && set.default !== null) {
    judgements.push(refuse('spec', isIdentity, literal(`"${column}" is an identity column, which has no default`)));
  }
  return judgements;
}
