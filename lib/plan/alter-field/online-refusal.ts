import { typeOf } from '../../field-types';
import { isArray } from '../../field-types/options';
import { castsAlike, type NewType } from '../../field-types/type-change';
import type { Alteration } from './alteration';

/** Why a type that rewrites the table cannot be changed online, as far as the change itself shows; undefined if it can. */
export function onlineRefusal({ set, from, unconvertible }: Alteration, to: NewType): string | undefined {
  if (from === undefined) return `a new type needs the current one: { from: { type: '…' } }`;
  if (isArray(from) || isArray(to))
    return 'arrays are not converted online: make the plain change, which rewrites the table';
  if (unconvertible !== undefined) return `values that do not convert cannot be set to null there. Correct them first`;
  if (set.nullable === false || set.unique !== undefined || typeOf(to).isHeldByCheck) {
    return 'a new type, and NOT NULL, unique or values beside it, are changes of their own online: make them one by one';
  }
  if (castsAlike(from, to)) return undefined;
  return `the conversion from ${from.type} to ${to.type} depends on the settings of the session that writes a row, or there is none`;
}
