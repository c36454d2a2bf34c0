import type { Side } from './sides';

/** A reference to the tenant's own schema names none: the org's is meant wherever it is made. */
export type Moved = <R extends { readonly schema?: string | undefined }>(reference: R) => R;

export function outOfSchema({ own }: Side): Moved {
  return (reference) => {
    if (own === undefined || reference.schema !== own) return reference;
    const { schema: _schema, ...rest } = reference;
    return rest as typeof reference;
  };
}
