import type { ForeignKey, Model } from '../spec/model-spec';
import { columnList, derivedName, qualified, quoted, type Identifier } from '../sql/identifier';
import type { Lock } from './plan';

/** The foreign keys of a model: those of single fields and those of several columns alike. */
export function foreignKeysOf({
  fields,
  foreignKeys = [],
}: Pick<Model, 'fields' | 'foreignKeys'>): readonly ForeignKey[] {
  const ofFields = fields.flatMap(({ name, references }) => {
    if (references === undefined) return [];
    const { column, ...target } = references;
    return [{ columns: [name], references: { ...target, columns: [column] } }];
  });
  return [...ofFields, ...foreignKeys];
}

/** `constraint "…" foreign key (…) references …`. */
export function foreignKeyClause(table: Identifier, { columns, references }: ForeignKey): string {
  const name = quoted(derivedName('fkey', table, columns));
  return `constraint ${name} foreign key (${columnList(columns)}) ${referencesClause(references)}`;
}

/** `references "schema"."table" ("column") on delete …`, with what is not as PostgreSQL has it by default. */
export function referencesClause(references: ForeignKey['references']): string {
  const { schema, table, columns, onDelete, onUpdate, deferrable } = references;
  return [
    `references ${qualified(schema, table)} (${columnList(columns)})`,
    ...(isSaid(onDelete) ? [`on delete ${onDelete.toLowerCase()}`] : []),
    ...(isSaid(onUpdate) ? [`on update ${onUpdate.toLowerCase()}`] : []),
    ...(deferrable === undefined ? [] : [deferrable === 'deferred' ? 'deferrable initially deferred' : 'deferrable']),
  ].join(' ');
}

function isSaid<A extends string>(action: A | undefined): action is A {
  return action !== undefined && action !== 'NO ACTION';
}

/** Whether a table refers to itself. */
export function isSelf(org: Identifier, table: Identifier, references: { schema: string; table: string }): boolean {
  return references.schema === org && references.table === table;
}

/** A key is added to both tables: each stays readable, and nobody writes to it (manual, ALTER TABLE, Description). */
export function targetLock({ schema, table }: ForeignKey['references']): Lock {
  return { schema, table, mode: 'ShareRowExclusiveLock' };
}
