import { typeOf } from '../../field-types';
import { tableOid } from '../../sql/catalog-oids';
import { block } from '../../sql/server-check';
import { qualified, quoted, type Identifier } from '../../sql/identifier';
import { EQ, GT, isArrayType, PLUS, typeSql } from '../../sql/qualified-sql';
import { pinSettings, unpinSettings } from '../../sql/session-settings';
import type { NewType } from '../../field-types/type-change';
import { literal } from '../../sql/literal';
import { conversionOf } from './conversion-of';

/** The most rows that are read. */
export const MAX_PREVIEWED_ROWS = 100_000;

/** The setting for the counts: of rows, and of those that convert, lose and fail. */
export const PREVIEW_SETTING = 'tenant_ddl.preview';

interface PreviewedRows {
  /** Whether the column holds arrays. */
  readonly ofArray: boolean;
  readonly maxRows: number;
  /** The statements for a row with an outcome: `item` is the row, with its `home` and `place`. */
  readonly noted?: { readonly loses?: string; readonly fails?: string };
}

/** The variables of a block with {@link previewBody} in it. */
export const COUNTS = `item pg_catalog.record;
  seen bigint := 0;
  converts bigint := 0;
  loses bigint := 0;
  fails bigint := 0;`;

/** Tries the conversion row by row, as the change would, and keeps only the counts. */
export function previewBlock(org: Identifier, table: Identifier, column: Identifier, to: NewType): string {
  return block(`declare
  ${COUNTS}
begin
  if exists (select from pg_catalog.pg_attribute a where a.attrelid ${EQ} ${tableOid(org, table)}
    and a.attname ${EQ} ${literal(column)} and ${isArrayType('a.atttypid')}) then
    ${previewBody(org, table, column, to, { ofArray: true, maxRows: MAX_PREVIEWED_ROWS })}
  else
    ${previewBody(org, table, column, to, { ofArray: false, maxRows: MAX_PREVIEWED_ROWS })}
  end if;
  perform pg_catalog.set_config('${PREVIEW_SETTING}', pg_catalog.concat_ws(' ', seen, converts, loses, fails), true);
end`);
}

/**
 * The statements that count, for a block with the variables of {@link COUNTS}. `seen` is `maxRows` plus one if there are more rows.
 */
export function previewBody(
  org: Identifier,
  table: Identifier,
  column: Identifier,
  to: NewType,
  { ofArray, maxRows, noted = {} }: PreviewedRows,
): string {
  const type = typeSql(typeOf(to).catalogName(to));
  const conversion = conversionOf(to, ofArray);
  const takes = conversion.takes?.('item.value', type) ?? 'true';
  const keeps = conversion.keeps?.('item.value', type) ?? 'true';
  const isOne = conversion.isOne === undefined ? '' : `${conversion.isOne('item.value')} and `;
  const add = (count: 'seen' | 'converts' | 'loses' | 'fails'): string => `${count} := ${count} ${PLUS} 1;`;
  const loses = `${add('loses')} ${noted.loses ?? ''}`;
  const fails = `${add('fails')} ${noted.fails ?? ''}`;
  return `${pinSettings()}
  for item in select tableoid as home, ctid as place, ${quoted(column)} as value from ${qualified(org, table)} limit ${maxRows + 1}
  loop
    ${add('seen')}
    exit when seen ${GT} ${maxRows};
    begin
      if item.value is null then
        ${add('converts')}
      elsif ${isOne}((${takes}) is not true or (${conversion.cast('item.value', type)}) is null) then
        ${fails}
      elsif (${keeps}) then
        ${add('converts')}
      else
        ${loses}
      end if;
    exception when data_exception or feature_not_supported then
      ${fails}
    end;
  end loop;
  ${unpinSettings()}`;
}
