import type { Fault } from '../errors';
import { typeNames, typeOf, type FieldTypeName } from '../field-types';
import { isArray, type TypeOptions } from '../field-types/options';

/** A field, as far as it decides whether a sequence can give it its values. */
interface Counted extends TypeOptions {
  readonly type?: FieldTypeName | undefined;
  readonly identity?: boolean | undefined;
  readonly nullable?: boolean | undefined;
}

/** Whether a column has room for nulls, the key aside: PostgreSQL makes each identity NOT NULL. */
export function canBeNull({ nullable, identity }: Pick<Counted, 'nullable' | 'identity'>): boolean {
  return nullable !== false && identity !== true;
}

/** Faults of a field that is to be an identity. */
export function identityFaults(field: Counted, hasDefault: boolean): readonly Fault[] {
  const { type, identity, nullable } = field;
  if (identity !== true) return [];
  const faults: Fault[] = [];
  if (isArray(field)) faults.push({ path: 'identity', message: 'an array takes no identity' });
  if (type !== undefined && !typeOf({ type }).canBeIdentity) {
    const counted = typeNames.filter((name) => typeOf({ type: name }).canBeIdentity);
    faults.push({ path: 'identity', message: `${type} takes no identity, ${counted.join(' and ')} does` });
  }
  if (nullable === true) faults.push({ path: 'nullable', message: 'an identity is never null' });
  if (hasDefault) faults.push({ path: 'default', message: 'an identity has no default' });
  return faults;
}
