import { EQ } from '../../../sql/qualified-sql';
import { nameIn } from './retyping';

/** An expression for the role of a grant, and whether it may grant it. */
export function grantee(item: string): string {
  return `case when ${item}.grantee ${EQ} 0 then 'public' else ${nameIn(`pg_catalog.pg_get_userbyid(${item}.grantee)`)} end, case when ${item}.is_grantable then ' with grant option' end`;
}
