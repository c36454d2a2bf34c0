import type { Fault } from '../errors';
import { typeNames, typeOf, type FieldTypeName } from '../field-types';

/** A field, as far as it decides whether a sequence can give it its values. */
interface Counted {
  readonly type?: FieldTypeName | undefined;
  readonly identity?: boolean | undefined;
  readonly nullable?: boolean | undefined;
}

/** Faults of a field that is to be an identity. */
export function identityFaults({ type, identity, nullable }: Counted, hasDefault: boolean): readonly Fault[] {
  if (identity !== true) return [];
  const faults: Fault[] = [];
  if (type !== undefined && !typeOf({ type }).canBeIdentity) {
    const counted = typeNames.filter((name) => typeOf({ type: name }).canBeIdentity);
    faults.push({ path: 'identity', message: `${type} takes no identity, ${counted.join(' and ')} does` });
  }
  if (nullable === true) faults.push({ path: 'nullable', message: 'an identity is never null' });
  if (hasDefault) faults.push({ path: 'default', message: 'an identity has no default' });
  return faults;
}
