import { derivedName, type Identifier } from '../../sql/identifier';
import type { Subject } from '../../plan/subject';
import { sqlStateOf } from './server-error';

/** The number of a shard, at the end of a name. */
const SHARD = /_\d+$/;

interface Place {
  readonly table?: string | undefined;
  readonly column?: string | undefined;
}

/**
 * An error from Citus, as if the table of the change had failed. A shard on the coordinator is named in its place; a
 * worker's words come without the fields that name anything, so a list would not tell which of its changes failed.
 */
export function ofTable(error: unknown, subjects: readonly Subject[]): unknown {
  const { table, column } = (error ?? {}) as Place;
  const message = error instanceof Error ? error.message : '';
  if (subjects.some((subject) => subject.table !== undefined && subject.table === table)) return error;
  const ofItsOwn = subjects.find((subject) => subject.table !== undefined && subject.table === withoutNumber(table));
  if (ofItsOwn !== undefined) return placed(error, { table: ofItsOwn.table, column });
  // Of the integrity of rows: these messages have names in them, and no values.
  if (table !== undefined || sqlStateOf(error)?.startsWith('23') !== true) return error;
  const named = subjects.filter((subject) => namesOf(subject).some((name) => hasShard(message, name)));
  const [one] = named;
  if (one === undefined || named.some((subject) => subject.table !== one.table)) return error;
  const columns = new Set(named.flatMap(({ fields }) => fields).filter((field) => message.includes(`"${field}"`)));
  const [only, ...others] = columns;
  return placed(error, { table: one.table, column: others.length === 0 ? only : undefined });
}

function withoutNumber(table: string | undefined): string | undefined {
  return table !== undefined && SHARD.test(table) ? table.replace(SHARD, '') : undefined;
}

/** The error with another place; what its readers get as its cause is the one that the server sent. */
function placed(error: unknown, { table, column }: Place): unknown {
  return Object.create(error as object, { table: { value: table }, column: { value: column } });
}

/** What a message may name: the table, or an index that the change builds. */
function namesOf({ table, fields, effects }: Subject): readonly Identifier[] {
  if (table === undefined) return [];
  const indexes = effects.flatMap((effect) => (effect.verb === 'adds' && 'index' in effect ? [effect.name] : []));
  return [
    table,
    derivedName('pkey', table, []),
    ...fields.map((field) => derivedName('key', table, [field])),
    ...indexes,
  ];
}

function hasShard(message: string, name: string): boolean {
  const [, ...behind] = message.split(`"${name}_`);
  return behind.some((rest) => /^\d+"/.test(rest));
}
