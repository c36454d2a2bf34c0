import type { Model } from '../../spec/model-spec';
import type { FieldSpec, ModelSpec } from '../../spec/spec-types';
import type { Side } from './sides';

/** A reference to the tenant's own schema names none: the org's is meant wherever it is made. */
export type MoveReference = <R extends { readonly schema?: string | undefined }>(reference: R) => R;

export function outOfSchema({ own }: Side): MoveReference {
  return (reference) => {
    if (own === undefined || reference.schema !== own) return reference;
    const { schema: _schema, ...rest } = reference;
    return rest as typeof reference;
  };
}

/** The same for all that a model refers to. */
export function modelOutOfSchema(checked: Model | undefined, moved: MoveReference): ModelSpec {
  const model = checked as unknown as ModelSpec;
  const fields = model.fields.map((field): FieldSpec =>
    field.references === undefined ? field : { ...field, references: moved(field.references) },
  );
  const foreignKeys = model.foreignKeys?.map((key) => ({ ...key, references: moved(key.references) }));
  return { ...model, fields, ...(foreignKeys === undefined ? {} : { foreignKeys }) };
}

/** How references are written, on each side. */
export interface Moves {
  readonly moved: MoveReference;
  readonly found: MoveReference;
}
