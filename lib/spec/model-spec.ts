import type * as t from 'io-ts';
import { bounded, closedObject } from '../codec/object-codec';
import { listOf, nameOf, text } from '../codec/codecs';
import { FieldCodec } from './field-spec';
import { IndexSpec } from './index-spec';
import { columns, References } from './references';
import type { ForeignKeySpec as ForeignKeySpecType, ModelSpec as ModelSpecType, Proved, Same } from './spec-types';
import { foreignKeyFaults, modelFaults } from './model-faults';

/** The properties of a foreign key, for the codecs that hold one. */
export const foreignKeyProps = { columns, references: References };

const ForeignKeySpec = closedObject('ForeignKeySpec', foreignKeyProps, {}, ({ columns: listed = ['?'], references }) =>
  foreignKeyFaults(listed, references?.columns),
);

/** What callers write; see spec-types.ts. */
export type ForeignKeySpec = ForeignKeySpecType;
export type ForeignKey = t.TypeOf<typeof ForeignKeySpec>;

/** The properties of a model, for the codecs that contain one. */
export const modelProps = {
  required: { table: nameOf('table'), fields: listOf(FieldCodec) },
  optional: { comment: text, indexes: listOf(IndexSpec), foreignKeys: listOf(ForeignKeySpec) },
};

const ModelCodec = closedObject('ModelSpec', modelProps.required, modelProps.optional, modelFaults);

/** The codec of {@link ModelSpec}, within the limits of a spec that comes from a request. */
export const ModelSpec = bounded(ModelCodec);

/** What callers write; see spec-types.ts. */
export type ModelSpec = ModelSpecType;
export type Model = t.TypeOf<typeof ModelSpec>;

/** The codecs accept exactly what the types allow. */
export type ModelProof = [
  Proved<Same<keyof t.OutputOf<typeof IndexSpec>, keyof IndexSpec>>,
  Proved<IndexSpec extends t.OutputOf<typeof IndexSpec> ? true : false>,
  Proved<t.OutputOf<typeof IndexSpec> extends IndexSpec ? true : false>,
  Proved<Same<keyof t.OutputOf<typeof ForeignKeySpec>, keyof ForeignKeySpec>>,
  Proved<ForeignKeySpec extends t.OutputOf<typeof ForeignKeySpec> ? true : false>,
  Proved<t.OutputOf<typeof ForeignKeySpec> extends ForeignKeySpec ? true : false>,
  Proved<Same<keyof t.OutputOf<typeof ModelCodec>, keyof ModelSpec>>,
  Proved<ModelSpec extends t.OutputOf<typeof ModelCodec> ? true : false>,
  Proved<t.OutputOf<typeof ModelCodec> extends ModelSpec ? true : false>,
];
