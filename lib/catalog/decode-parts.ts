import { NOT_VALIDATED } from '../spec/extra';
import type { ColumnFacts, ConstraintFacts, IndexFacts, ReferenceFacts } from './facts';
import { numbersIn, recordsIn } from './rows';

export type Type = readonly [oid: number, name: string, collation: number, storage: string];
export type OperatorClass = readonly [oid: number, name: string, isDefault: boolean];
export type IndexTexts = readonly [number: number, expressions: string | null, condition: string | null];

/** What numbers in the answer stand for. */
export interface Dictionaries {
  readonly types: ReadonlyMap<number, Type>;
  readonly methods: ReadonlyMap<number, string>;
  readonly classes: ReadonlyMap<number, OperatorClass>;
  readonly checks: ReadonlyMap<number, string | null>;
  readonly indexTexts: ReadonlyMap<number, IndexTexts>;
}

/** A record, by its parts; null where the server has null. */
type Parts = readonly (string | null | undefined)[];

/** Of the server's boolean. */
function is(value: string | null | undefined): boolean {
  return value === 't';
}

/** A record in a record; none where it is null. */
function recordIn(record: string | null | undefined): Parts {
  return recordsIn(record ?? null)[0] ?? [];
}

function listIn<T>(json: string | null | undefined): readonly T[] {
  return typeof json === 'string' ? (JSON.parse(json) as T[]) : [];
}

/** The words whose tests are true. */
function wordsOf(tests: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(tests).filter((word) => tests[word] === true);
}

/** What a patch of PostgreSQL counts in attoptions. */
const COUNTED = /^\{(?:pg_attver=[^,]*)?\}$/;

/** The order is that of columns-sql.ts. */
export function columnOf(parts: Parts, { types }: Dictionaries): ColumnFacts {
  const [number, name, typeOid, typeName, modifier, notNull, collation, storage, defaultText, sequences, rare] = parts;
  const [identity, generated, inherited, compression, target, options, collationName] = recordIn(rare);
  const type = typeof typeOid === 'string' ? types.get(Number(typeOid)) : undefined;
  const isCollated = type !== undefined && type[2] !== Number(collation);
  return {
    number: Number(number),
    name: name ?? '',
    type: type?.[1] ?? `"${typeName ?? typeOid ?? ''}"`,
    modifier: Number(modifier),
    isNotNull: is(notNull),
    identity: identity ?? '',
    generated: generated ?? '',
    collation: isCollated ? (collationName ?? 'default') : '',
    default: defaultText ?? null,
    sequences: sequences ?? null,
    words: wordsOf({
      inherited: Number(inherited) > 0,
      compression: (compression ?? '') !== '',
      'statistics target': Number(target ?? -1) >= 0,
      options: typeof options === 'string' && !COUNTED.test(options),
      storage: type !== undefined && type[3] !== storage,
    }),
  };
}

/** The order is that of constraints-sql.ts. */
export function constraintOf(parts: Parts, { checks }: Dictionaries): ConstraintFacts {
  const [name, type, columns, check, rare, reference] = parts;
  const [deferrable, deferred, validated = 't', enforced = 't', period, withoutHeirs, inherited, setsSome] =
    recordIn(rare);
  return {
    name: name ?? '',
    type: type ?? '',
    columns: numbersIn(columns ?? ''),
    words: wordsOf({
      deferred: is(deferred),
      deferrable: is(deferrable) && !is(deferred),
      [NOT_VALIDATED]: !is(validated) && is(enforced),
      'not enforced': !is(enforced),
      'without overlaps': is(period),
      'no inherit': is(withoutHeirs),
      inherited: Number(inherited) > 0,
      'sets some columns': is(setsSome),
    }),
    references: typeof reference === 'string' ? referenceOf(recordIn(reference)) : null,
    check: typeof check === 'string' ? (checks.get(Number(check)) ?? null) : null,
  };
}

function referenceOf([target, keys, onDelete, onUpdate, match]: Parts): ReferenceFacts {
  const actions = { onDelete: onDelete ?? '', onUpdate: onUpdate ?? '', match: match ?? '' };
  const read = JSON.parse(target ?? '""') as string | [schema: string, table: string, columns: string[]];
  if (typeof read === 'string') return { schema: null, table: read, columns: numbersIn(keys ?? ''), ...actions };
  const [schema, table, columns] = read;
  return { schema, table, columns, ...actions };
}

/** The order is that of indexes-sql.ts. */
export function indexOf(
  parts: Parts,
  ofColumns: ReadonlyMap<number, number>,
  { classes, methods, indexTexts }: Dictionaries,
): IndexFacts {
  const [name, method, unique, valid, columns, keyColumns, options, operatorClasses, ofIndex, texts, rare] = parts;
  const [
    expressed,
    partial,
    nullsNotDistinct,
    identity,
    clustered,
    storage,
    tablespace,
    kind,
    partition,
    ownClasses,
    collationNames,
  ] = recordIn(rare);
  const classNames = listIn<readonly [string, boolean] | null>(ownClasses);
  const namesOfCollations = listIn<string | null>(collationNames);
  const [, expressions = null, condition = null] = indexTexts.get(Number(texts)) ?? [];
  const numbers = numbersIn(columns ?? '');
  return {
    name: name ?? '',
    method: methods.get(Number(method)) ?? String(method),
    isUnique: is(unique),
    isValid: is(valid),
    columns: numbers,
    keyColumns: Number(keyColumns),
    options: numbersIn(options ?? ''),
    classes: numbersIn(operatorClasses ?? '').map((oid, at) => {
      const [className, isDefault] = classNames[at] ?? classes.get(oid)?.slice(1) ?? [String(oid), false];
      return isDefault === true ? '' : String(className);
    }),
    collations: numbersIn(ofIndex ?? '').map((oid, at) => {
      const own = ofColumns.get(numbers[at] ?? 0) ?? oid;
      return oid === own || oid === 0 ? '' : (namesOfCollations[at] ?? 'default');
    }),
    words: wordsOf({
      'on an expression': is(expressed),
      partial: is(partial),
      'nulls not distinct': is(nullsNotDistinct),
      'replica identity': is(identity),
      clustered: is(clustered),
      options: typeof storage === 'string',
      tablespace: Number(tablespace ?? 0) !== 0,
      partitioned: kind === 'I',
      inherited: is(partition),
    }),
    expressions,
    condition,
  };
}
