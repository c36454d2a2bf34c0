// The effects of changes, folded over models without a server, against what a server has afterwards.
import * as fc from '../support/fast-check';
import type { Knex } from 'knex';
import {
  applyChange,
  createTenant,
  diffModels,
  inspectTenant,
  type Change,
  type FieldSpec,
  type ModelSpec,
} from '../../lib';
import { isArray, optionsOf } from '../../lib/field-types/options';
import { checkedChanges } from '../../lib/plan/checked-changes';
import { fold } from '../../lib/plan/fold';
import { operationOf } from '../../lib/plan/operations';
import { columnsUsedBy, indexName, isPlain, keyColumnsOf } from '../../lib/spec/index-spec';
import { keyFields } from '../../lib/spec/model-keys';
import type { Model } from '../../lib/spec/model-spec';
import { derivedName, type Identifier } from '../../lib/sql/identifier';
import { fieldWithoutName, model } from '../support/arbitraries';
import { readTable, tablesOf } from '../support/catalog';
import { expectedShape, shapeOf } from '../support/expected-table';
import { quiet } from '../support/log';
import { connect, freshOrg } from '../support/postgres';

const db = connect();
const options = { logger: quiet, hazards: 'allow' } as const;

/** Numbers and specs from which a change is made that fits the models as they are by then. */
interface Pick {
  readonly kind: number;
  readonly at: number;
  readonly other: number;
  readonly flag: boolean;
  readonly field: Omit<FieldSpec, 'name'>;
  readonly model: ModelSpec;
}

const pick: fc.Arbitrary<Pick> = fc.record({
  kind: fc.nat(),
  at: fc.nat(),
  other: fc.nat(),
  flag: fc.boolean(),
  field: fieldWithoutName,
  model,
});

type Maker = (org: Identifier, models: readonly Model[], pick: Pick, place: number) => Change | undefined;

function oneOf<T>(list: readonly T[], at: number): T | undefined {
  return list[at % list.length];
}

const MAKERS: readonly Maker[] = [
  (_org, _models, { model: spec }, place) => ({ kind: 'createModel', ...spec, table: `t${place}` }),
  (_org, models, { at, field }, place) => {
    const to = oneOf(models, at);
    return to && { kind: 'addField', table: to.table, field: { name: `f${place}`, ...field } as FieldSpec };
  },
  (org, models, { at, other }, place) => {
    const [from, to] = [oneOf(models, at), oneOf(models, other)];
    const key = to && keyFields(to.fields);
    const target = key?.length === 1 ? key[0] : undefined;
    if (from === undefined || to === undefined || target === undefined || isArray(target)) return undefined;
    const { name: _name, default: _default, comment: _comment, unique: _unique, identity: _identity, ...rest } = target;
    const references = { schema: org, table: to.table, column: target.name, onDelete: 'CASCADE' } as const;
    const type = { ...rest, name: `r${place}`, nullable: true, primaryKey: false, references };
    return { kind: 'addField', table: from.table, field: type as unknown as FieldSpec };
  },
  (org, models, { at, other }) => {
    const from = oneOf(models, at);
    const field = from && oneOf(from.fields, other);
    if (from === undefined || field === undefined || isReferredTo(org, models, from.table, field.name))
      return undefined;
    const shared = [...(from.indexes ?? [])].filter(
      (index) => columnsUsedBy(index).length > 1 && columnsUsedBy(index).includes(field.name),
    );
    const key = keyFields(from.fields);
    const cascade = [
      ...shared.map((index) => indexName(from.table, index)),
      ...(key.length > 1 && key.includes(field) ? [derivedName('pkey', from.table, [])] : []),
    ];
    return { kind: 'dropField', table: from.table, column: field.name, cascade };
  },
  (_org, models, { at, other }, place) => {
    const from = oneOf(models, at);
    const field = from && oneOf(from.fields, other);
    if (from === undefined || field === undefined) return undefined;
    return { kind: 'renameField', table: from.table, column: field.name, to: `n${place}` };
  },
  (_org, models, { at, other }) => {
    const from = oneOf(models, at);
    const field = from && oneOf(from.fields, other);
    if (from === undefined || field === undefined || from.fields.some(({ name }) => name === 'id')) return undefined;
    return { kind: 'renameField', table: from.table, column: field.name, to: 'id' };
  },
  (_org, models, { at }, place) => {
    const from = oneOf(models, at);
    return from && { kind: 'renameModel', table: from.table, to: `m${place}` };
  },
  (org, models, { at }) => {
    const from = oneOf(models, at);
    if (from === undefined || isReferredTo(org, models, from.table)) return undefined;
    return { kind: 'dropModel', table: from.table };
  },
  (_org, models, { at, other, flag }, place) => {
    const from = oneOf(models, at);
    if (from === undefined) return undefined;
    const start = other % Math.max(1, from.fields.length);
    const columns = from.fields.map(({ name }) => name).slice(start, start + 1 + (other % 3));
    const isThere = (from.indexes ?? []).some((index) => keyColumnsOf(index).join('.') === columns.join('.'));
    if (columns.length === 0 || isThere) return undefined;
    return { kind: 'addIndex', table: from.table, columns, unique: flag, name: `i${place}` };
  },
  (_org, models, { at, other }) => {
    const from = oneOf(
      models.filter(({ indexes = [] }) => indexes.length > 0),
      at,
    );
    const index = from && oneOf(from.indexes ?? [], other);
    return from && index && { kind: 'dropIndex', table: from.table, name: indexName(from.table, index) };
  },
  (org, models, { at }) => {
    const from = oneOf(
      models.filter(({ fields }) => keyFields(fields).length > 0),
      at,
    );
    if (from === undefined || keyFields(from.fields).some(({ name }) => isReferredTo(org, models, from.table, name)))
      return undefined;
    return { kind: 'dropKey', table: from.table };
  },
  (_org, models, { at, other }) => {
    const from = oneOf(
      models.filter(({ fields }) => keyFields(fields).length === 0),
      at,
    );
    const start = other % Math.max(1, from?.fields.length ?? 1);
    const columns = (from?.fields ?? []).slice(start, start + 1 + (other % 2));
    // Beside the key, its own constraint would be one that no spec says.
    if (from === undefined || columns.length === 0 || columns.some(({ unique }) => unique === true)) return undefined;
    return { kind: 'addKey', table: from.table, columns: columns.map(({ name }) => name) };
  },
  (org, models, { at, other, field, flag }) => {
    const from = oneOf(models, at);
    const old = from && oneOf(from.fields, other);
    if (from === undefined || old === undefined) return undefined;
    const isKey = keyFields(from.fields).includes(old);
    const {
      type,
      length,
      precision,
      scale,
      values,
      array,
      default: value,
      nullable,
      unique,
      comment,
    } = field as Record<string, unknown>;
    // Its condition, or its operator class, may not take the new type.
    const isInIndex = (from.indexes ?? []).some((index) => !isPlain(index) && columnsUsedBy(index).includes(old.name));
    const isFree =
      !isKey &&
      !isInIndex &&
      old.identity !== true &&
      old.references === undefined &&
      !isReferredTo(org, models, from.table, old.name);
    const retyping =
      flag && isFree && converts(old, field)
        ? { type, length, precision, scale, values, array, default: value ?? null }
        : {};
    const isUnique =
      old.unique === true ||
      (from.indexes ?? []).some(
        (index) => isPlain(index) && index.unique === true && keyColumnsOf(index).join('.') === old.name,
      );
    const set = {
      ...retyping,
      ...(isKey || old.identity === true ? {} : { nullable }),
      ...(isKey || unique === isUnique ? {} : { unique }),
      comment,
    };
    const named = Object.fromEntries(Object.entries(set).filter(([, named]) => named !== undefined));
    if (Object.keys(named).length === 0) return undefined;
    // One value becomes an array, or the other way round, only where the change says what it is so far.
    const isOther = retyping.type !== undefined && isArray(old) !== isArray(field);
    const known = isOther ? { from: { type: old.type, ...optionsOf(old) } } : {};
    return { kind: 'alterField', table: from.table, column: old.name, set: named, ...known };
  },
];

const TEXTS = ['Text', 'String', 'Enum'];
const NUMBERS = ['Int', 'BigInt', 'Float', 'Decimal'];

/** PostgreSQL has a cast for these pairs; for others it is refused, which is another test's. */
function converts(from: Typed, to: Typed): boolean {
  const types = [from.type ?? '', to.type ?? ''];
  if (types.includes('Json') && (isArray(from) || isArray(to))) return false;
  return types.some((type) => TEXTS.includes(type)) || types.every((type) => NUMBERS.includes(type));
}

interface Typed {
  readonly type?: FieldSpec['type'];
  readonly array?: boolean | undefined;
}

function isReferredTo(org: Identifier, models: readonly Model[], table: string, column?: string): boolean {
  return models.some((other) =>
    other.fields.some(
      ({ references }) =>
        references?.schema === org &&
        references.table === table &&
        (column === undefined ? other.table !== table : references.column === column),
    ),
  );
}

async function expectSame(trx: Knex, org: Identifier, models: readonly Model[]): Promise<void> {
  expect(await tablesOf(trx, org)).toEqual(models.map(({ table }) => table).sort());
  for (const spec of models) {
    expect(shapeOf(await readTable(trx, org, spec.table))).toEqual(expectedShape(spec as unknown as ModelSpec));
  }
}

/** Makes the changes on a server and on the models, and compares. */
async function expectFolded(trx: Knex, org: Identifier, changes: readonly Change[]): Promise<void> {
  let models: readonly Model[] = [];
  for (const change of changes) {
    await applyChange(org, change, trx, options);
    models = folded(org, change, models);
  }
  await expectSame(trx, org, models);
}

function folded(org: Identifier, change: Change, models: readonly Model[]): readonly Model[] {
  const effects = checkedChanges(org, [change], []).flatMap((one) => operationOf(one.kind).effects(org, one));
  return fold(org, effects, models);
}

const customer: Change = {
  kind: 'createModel',
  table: 'customer',
  fields: [
    { name: 'id', type: 'Int' },
    { name: 'code', type: 'String', unique: true },
  ],
};

const orderOf = (org: string): Change => ({
  kind: 'createModel',
  table: 'order',
  fields: [
    { name: 'place', type: 'Int', primaryKey: true },
    { name: 'day', type: 'Date', primaryKey: true },
    {
      name: 'customer_id',
      type: 'Int',
      references: { schema: org, table: 'customer', column: 'id', onDelete: 'CASCADE' },
    },
  ],
  indexes: [{ columns: ['customer_id', 'day'] }],
});

it.each<[string, readonly Change[]]>([
  ['a column that others refer to', [{ kind: 'renameField', table: 'customer', column: 'id', to: 'number' }]],
  ['a table that others refer to', [{ kind: 'renameModel', table: 'customer', to: 'client' }]],
  [
    'a field of a key of two',
    [
      {
        kind: 'dropField',
        table: 'order',
        column: 'day',
        cascade: [
          derivedName('pkey', 'order' as Identifier, []),
          derivedName('idx', 'order' as Identifier, ['customer_id', 'day'] as Identifier[]),
        ],
      },
    ],
  ],
  [
    'what becomes id, and is no key',
    [
      { kind: 'renameField', table: 'customer', column: 'id', to: 'number' },
      { kind: 'renameField', table: 'customer', column: 'code', to: 'id' },
    ],
  ],
  [
    'a key',
    [
      { kind: 'dropKey', table: 'order' },
      { kind: 'addKey', table: 'order', columns: ['day', 'customer_id'] },
    ],
  ],
  ['uniqueness', [{ kind: 'alterField', table: 'customer', column: 'code', set: { unique: false } }]],
  ['a column of an index', [{ kind: 'renameField', table: 'order', column: 'day', to: 'date' }]],
])('folds a change of %s', async (_what, changes) => {
  const org = freshOrg() as Identifier;
  await createTenant(org, db, options);
  await db.transaction((trx) => expectFolded(trx, org, [customer, orderOf(org), ...changes]));
});

it('the effects of a random list of changes, folded, are the tables that a server has after it', async () => {
  const org = freshOrg() as Identifier;
  await createTenant(org, db, options);
  const made = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(pick, { minLength: 4, maxLength: 14 }), async (picks) => {
      const trx = await db.transaction();
      try {
        let models: readonly Model[] = [];
        for (const [place, one] of picks.entries()) {
          const maker = place === 0 ? MAKERS[0] : oneOf(MAKERS, one.kind);
          const change = maker?.(org, models, one, place);
          if (change === undefined) continue;
          await applyChange(org, change, trx, options);
          models = folded(org, change, models);
          made.set(change.kind, (made.get(change.kind) ?? 0) + 1);
        }
        await expectSame(trx, org, models);
        // Read back, it is the same list.
        expect(diffModels(models as unknown as readonly ModelSpec[], await inspectTenant(org, trx))).toEqual([]);
      } finally {
        await trx.rollback();
      }
    }),
    { numRuns: 80 },
  );
  // Each kind of change was among them, so that none is left out unseen.
  expect([...made.keys()].sort()).toEqual(
    [
      'addField',
      'addIndex',
      'addKey',
      'alterField',
      'createModel',
      'dropField',
      'dropIndex',
      'dropKey',
      'dropModel',
      'renameField',
      'renameModel',
    ].sort(),
  );
}, 120_000);
