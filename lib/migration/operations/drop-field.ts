import * as t from 'io-ts';
import { closed } from '../closed';
import { nameOf } from '../codecs';
import { step } from '../plan';
import { rendered } from '../render';
import { expectedModel } from '../subject';
import type { Operation } from './operation';

const codec = closed(
  'dropField',
  { kind: t.literal('dropField'), table: nameOf('table'), column: nameOf('column') },
  {},
);

type DropField = t.TypeOf<typeof codec>;

/** `alter table … drop column`. The space is not given back until the rows are written again. */
export const dropField: Operation<DropField, t.OutputOf<typeof codec>> = {
  codec,
  steps: (org, { table, column }) =>
    rendered(org, (schema) => schema.alterTable(table, (builder) => void builder.dropColumn(column))).map((sql) =>
      step(sql, { locks: [{ schema: org, table, mode: 'AccessExclusiveLock' }] }),
    ),
  hazards: () => [],
  subject: (org, { table, column }) => ({
    message: 'DROP COLUMN',
    table,
    fields: [column],
    expectations: [expectedModel(org, table), { schema: org, table, column, present: true, code: 'FIELD_NOT_FOUND' }],
    effects: [{ schema: org, table, column, present: false }],
  }),
  references: () => [],
};
