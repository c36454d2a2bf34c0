import { NO_FIELD, NOT_VALIDATED, type Extra } from '../spec/extra';
import { referentialAction } from '../spec/references';
import type { ForeignKeySpec, OnDelete, ReferenceSpec } from '../spec/spec-types';
import { identifierFault } from '../sql/identifier';
import type { ConstraintFacts, ReferenceFacts, TableFacts } from './facts';
import { detailed } from './fields-of';

export interface ReadReferences {
  /** Of single fields, by the numbers of their columns. */
  readonly ofFields: ReadonlyMap<number, ReferenceSpec>;
  readonly ofModel: readonly ForeignKeySpec[];
  readonly extras: readonly Extra[];
}

/** pg_constraint.confdeltype and confupdtype. */
const ACTIONS: Readonly<Record<string, string>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

const NO_ACTION = 'a';
const SET_NULL = 'n';
const SIMPLE = 's';

/** The words that a spec has an option for. */
const SAID = ['deferrable', 'deferred'];

/** The words that leave a foreign key what it is. */
const BESIDE = [NOT_VALIDATED, 'inherited', ...SAID];

/**
 * The foreign keys of a table, by what they do.
 *
 * @param columnOf the name of a column of one of the tenant's tables, by its number
 */
export function referencesOf(
  org: string,
  table: TableFacts,
  names: ReadonlyMap<number, string>,
  columnOf: (table: string, number: number) => string | undefined,
): ReadReferences {
  const extras: Extra[] = [];
  const ofFields = new Map<number, ReferenceSpec>();
  const ofModel: ForeignKeySpec[] = [];
  const notNull = new Set(table.columns.filter(({ isNotNull }) => isNotNull).map((column) => column.number));
  for (const constraint of table.constraints) {
    const { references, columns } = constraint;
    if (references === null) continue;
    const target = targetOf(org, constraint.words, references, columnOf);
    const own = columns.flatMap((number) => names.get(number) ?? []);
    const all = columns.flatMap((number) => columnOf(table.name, number) ?? []);
    const faults = faultsOf(constraint, references, target, own);
    const setsNull = [references.onDelete, references.onUpdate].includes(SET_NULL);
    if (setsNull && columns.some((at) => notNull.has(at))) faults.push('sets to null what cannot be null');
    const [number = 0] = columns;
    const isTaken =
      columns.length === 1 ? ofFields.has(number) : ofModel.some((known) => known.columns.join('.') === own.join('.'));
    if (isTaken) faults.push(`a second one on ${own.join(', ')}`);
    const words = constraint.words.filter(
      (word) => faults.length > 0 || (BESIDE.includes(word) && !SAID.includes(word)),
    );
    if (faults.length > 0 || words.length > 0) {
      const detail = [...new Set([...faults, ...words])];
      extras.push({ kind: 'foreign key', name: constraint.name, table: table.name, columns: all, ...detailed(detail) });
    }
    if (faults.length > 0 || target === undefined) continue;
    const { columns: theirs, ...rest } = target;
    if (columns.length > 1) ofModel.push({ columns: own, references: target });
    else ofFields.set(number, { ...rest, column: theirs[0] ?? '' });
  }
  return { ofFields, ofModel, extras };
}

function targetOf(
  org: string,
  words: readonly string[],
  { schema, table, columns, onDelete, onUpdate }: ReferenceFacts,
  columnOf: (table: string, number: number) => string | undefined,
): ForeignKeySpec['references'] | undefined {
  const names = columns.map((column) => (typeof column === 'string' ? column : columnOf(table, column)));
  const known = names.filter((name): name is string => name !== undefined);
  if (known.length < names.length) return undefined;
  return {
    schema: schema ?? org,
    table,
    columns: known,
    ...(onDelete === NO_ACTION ? {} : { onDelete: ACTIONS[onDelete] as OnDelete }),
    ...(onUpdate === NO_ACTION ? {} : { onUpdate: ACTIONS[onUpdate] as OnDelete }),
    ...(words.includes('deferred') ? { deferrable: 'deferred' as const } : {}),
    ...(words.includes('deferrable') ? { deferrable: true as const } : {}),
  };
}

/** What no spec can say of it. */
function faultsOf(
  { words, columns }: ConstraintFacts,
  { onDelete, onUpdate, match }: ReferenceFacts,
  target: ForeignKeySpec['references'] | undefined,
  own: readonly string[],
): string[] {
  const isNamed =
    target !== undefined &&
    [identifierFault(target.schema, 'schema'), identifierFault(target.table, 'table')].every(isUndefined) &&
    target.columns.every((name) => identifierFault(name, 'column') === undefined);
  return [
    ...words.filter((word) => !BESIDE.includes(word)),
    ...unsaid('delete', onDelete),
    ...unsaid('update', onUpdate),
    ...(match === SIMPLE ? [] : ['match full']),
    ...(own.length === columns.length ? [] : [NO_FIELD]),
    ...(isNamed ? [] : ['to what no spec can name']),
  ];
}

function unsaid(event: string, action: string): readonly string[] {
  const name = ACTIONS[action] ?? action;
  return referentialAction.is(name) ? [] : [`on ${event} ${name.toLowerCase()}`];
}

function isUndefined(value: unknown): boolean {
  return value === undefined;
}
