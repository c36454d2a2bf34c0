import { canLose, takesAll } from '../../../field-types/type-change';
import { literal } from '../../../sql/literal';
import { GE } from '../../../sql/qualified-sql';
import { block } from '../../../sql/server-check';
import { COUNTS, previewBody } from '../../alter-field/conversion-preview';
import { MAX_FOUND, type PreCheck } from '../stage';
import type { Retyping } from './retyping';

/** The setting for a count. */
const FOUND = 'tenant_ddl.found_online';

/** Rows that do not convert, or would lose something: found by the conversion itself, row by row. */
export function conversionChecks(retyping: Retyping): readonly PreCheck[] {
  const { org, table, column, from, to } = retyping;
  if (takesAll(from, to)) return [];
  const counting = (outcome: 'fails' | 'loses'): string => `${countOf(retyping, outcome)};
select pg_catalog.current_setting('${FOUND}') as found`;
  const fails: PreCheck = { code: 'CONVERSION_FAILED', columns: [column], sql: counting('fails') };
  if (!canLose(from, to)) return [fails];
  const message = `Values of "${column}" of "${org}"."${table}" contain more than ${to.type} keeps, such as a fraction, digits or trailing blanks, which an online change never loses. Nothing was changed. Correct these rows first; previewConversion('${org}', …) counts them.`;
  return [fails, { code: 'HAZARD_REFUSED', columns: [column], sql: counting('loses'), message }];
}

function countOf({ org, table, column, to }: Retyping, outcome: 'fails' | 'loses'): string {
  const enough = `exit when ${outcome} ${GE} ${MAX_FOUND};`;
  return block(`declare
  ${COUNTS}
begin
  ${previewBody(org, table, column, to, { ofArray: false, maxRows: ALL_ROWS, noted: { [outcome]: enough } })}
  perform pg_catalog.set_config(${literal(FOUND)}, ${outcome}::pg_catalog.text, true);
end`);
}

const ALL_ROWS = Number.MAX_SAFE_INTEGER - 1;
