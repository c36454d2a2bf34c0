import { typeOf } from '../../field-types';
import { block } from '../../sql/server-check';
import { qualified, quoted, type Identifier } from '../../sql/identifier';
import { GT, PLUS, typeSql } from '../../sql/qualified-sql';
import { pinSettings, unpinSettings } from '../../sql/session-settings';
import { castOf, type NewType } from '../../field-types/type-change';

/** The most rows that are read. */
export const MAX_PREVIEWED_ROWS = 100_000;

/** The setting for the counts: of rows, and of those that convert, lose and fail. */
export const PREVIEW_SETTING = 'tenant_ddl.preview';

/** Tries the conversion row by row, as the change would, and keeps only the counts. */
export function previewBlock(org: Identifier, table: Identifier, column: Identifier, to: NewType): string {
  return block(`declare
  item pg_catalog.record;
  seen bigint := 0;
  converts bigint := 0;
  loses bigint := 0;
  fails bigint := 0;
begin
  ${previewBody(org, table, column, to, MAX_PREVIEWED_ROWS)}
  perform pg_catalog.set_config('${PREVIEW_SETTING}', pg_catalog.concat_ws(' ', seen, converts, loses, fails), true);
end`);
}

/**
 * The statements that count, for a block with the variables above. `seen` is `maxRows` plus one if there are more rows.
 * `noted` are the statements for a row with an outcome: `item` is the row, with its `home` and `place`.
 */
export function previewBody(
  org: Identifier,
  table: Identifier,
  column: Identifier,
  to: NewType,
  maxRows: number,
  noted: { readonly loses?: string; readonly fails?: string } = {},
): string {
  const type = typeSql(typeOf(to).catalogName(to));
  const takes = typeOf(to).takes('item.value', to) ?? 'true';
  const keeps = typeOf(to).keeps('item.value', type, to) ?? 'true';
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
      elsif (${takes}) is not true or (${castOf('item.value', to, type)}) is null then
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
