import * as fc from '../../../support/fast-check';
import {
  changesFor,
  diffModels,
  MigrationError,
  formatDifference,
  type Difference,
  type Extra,
  type FieldSpec,
  type ModelSpec,
} from '../../../../lib';
import { checkedChanges } from '../../../../lib/plan/checked-changes';
import { fold } from '../../../../lib/plan/fold';
import { operationOf } from '../../../../lib/plan/operations';
import type { Model } from '../../../../lib/spec/model-spec';
import type { Identifier } from '../../../../lib/sql/identifier';
import { model } from '../../../support/arbitraries';
import { modelLists } from '../../../support/model-lists';

const ORG = 'acme-corp' as Identifier;

const invoice = (...fields: FieldSpec[]): ModelSpec => ({
  table: 'invoice',
  fields: [{ name: 'id', type: 'Int' }, ...fields],
});

function folded(models: readonly ModelSpec[], differences: readonly Difference[]): readonly ModelSpec[] {
  const changes = checkedChanges(ORG, changesFor(differences, { destructive: true }), ['public']);
  const effects = changes.flatMap((change) => operationOf(change.kind).effects(ORG, change));
  return fold(ORG, effects, models as unknown as readonly Model[]) as unknown as readonly ModelSpec[];
}

describe('an identity', () => {
  const counted: FieldSpec = { name: 'n', type: 'Int', identity: true };

  it('is the same, whether it says that it is not nullable or not', () => {
    expect(diffModels([invoice({ ...counted, nullable: false })], [invoice(counted)])).toEqual([]);
    expect(diffModels([invoice(counted)], [invoice({ ...counted, nullable: false })])).toEqual([]);
  });

  it('that is not wanted goes by hand, and its NOT NULL after it', () => {
    const found = diffModels([invoice({ name: 'n', type: 'Int' })], [invoice(counted)]);
    expect(found).toEqual([expect.objectContaining({ kind: 'identity', remedy: 'manual' })]);
  });

  it('keeps its type and takes no default until it has gone', () => {
    const wanted: FieldSpec = { name: 'n', type: 'Float', default: 0 };
    const found = diffModels([invoice(wanted)], [invoice(counted)]);
    expect(found.map(({ kind, remedy }) => [kind, remedy])).toEqual([
      ['type', 'manual'],
      ['identity', 'manual'],
      ['default', 'manual'],
    ]);
  });

  it('cannot be set to null by a reference', () => {
    const references = { table: 'invoice', column: 'id', onDelete: 'SET NULL' } as const;
    expect(() => diffModels([invoice({ ...counted, references })], [])).toThrow(
      /SET NULL needs a field that can be null/,
    );
  });
});

describe('for random models', () => {
  it('finds nothing between a list and itself, in any order', () => {
    fc.assert(
      fc.property(fc.array(model, { maxLength: 3 }), (models) => {
        const unique = models.filter(({ table }, at) => models.findIndex((other) => other.table === table) === at);
        const shuffled = unique
          .map((each) => ({
            ...each,
            fields: [...each.fields].reverse(),
            indexes: [...(each.indexes ?? [])].reverse(),
          }))
          .reverse();
        expect(diffModels(unique, shuffled)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('finds the same after the models have been through JSON', () => {
    fc.assert(
      fc.property(modelLists(ORG), modelLists(ORG), (desired, actual) => {
        const checked = folded([], diffModels(desired, []));
        expect(diffModels(checked, actual)).toEqual(diffModels(JSON.parse(JSON.stringify(checked)), actual));
      }),
    );
  });

  it('offers changes after which only what no change can mend is left', () => {
    fc.assert(
      fc.property(modelLists(ORG), modelLists(ORG), (desired, actual) => {
        const checked = folded([], diffModels(actual, []));
        const differences = diffModels(desired, checked);
        const left = diffModels(desired, folded(checked, differences));
        expect(changesFor(left, { destructive: true })).toEqual([]);
        // No operation changes the comment of a model, or makes an array of a Json; a default needs its type.
        const column = (one: Difference): string => ('column' in one ? `${one.table}.${one.column ?? ''}` : '');
        // An identity is made and dropped by hand, before anything else of its column.
        const identities = new Set(left.filter(({ kind }) => kind === 'identity').map(column));
        const manual = left
          .filter((one) => one.remedy === 'manual' && !identities.has(column(one)))
          .map(({ kind }) => kind);
        expect(['comment', 'type']).toEqual(expect.arrayContaining(manual));
      }),
      { numRuns: 200 },
    );
  });

  it('offers no change of type that PostgreSQL has no conversion for, and says what to do', () => {
    const [found, ...others] = diffModels(
      [invoice({ name: 'a', type: 'BigInt' })],
      [invoice({ name: 'a', type: 'Time' })],
    );
    expect(found).toMatchObject({ kind: 'type', remedy: 'manual', hint: expect.stringContaining('to a Text first') });
    expect([...others, ...changesFor(found === undefined ? [] : [found], { destructive: true })]).toEqual([]);
  });

  it('loses nothing unless it is asked to', () => {
    fc.assert(
      fc.property(modelLists(ORG), modelLists(ORG), (desired, actual) => {
        const kinds = changesFor(diffModels(desired, actual)).map(({ kind }) => kind);
        expect(kinds).not.toContain('dropModel');
        expect(kinds).not.toContain('dropField');
      }),
    );
  });
});

describe('compares by meaning', () => {
  const SAME: Record<string, readonly [FieldSpec, FieldSpec]> = {
    'a length that is the default': [
      { name: 'a', type: 'String' },
      { name: 'a', type: 'String', length: 100 },
    ],
    'a scale of zero': [
      { name: 'a', type: 'Decimal', precision: 5 },
      { name: 'a', type: 'Decimal', precision: 5, scale: 0 },
    ],
    'digits of a Decimal': [
      { name: 'a', type: 'Decimal', default: '1.50' },
      { name: 'a', type: 'Decimal', default: 1.5 },
    ],
    'digits of a BigInt': [
      { name: 'a', type: 'BigInt', default: 5 },
      { name: 'a', type: 'BigInt', default: '05' },
    ],
    'a moment': [
      { name: 'a', type: 'DateTime', default: '2024-02-29T12:00:00+02:00' },
      { name: 'a', type: 'DateTime', default: new Date('2024-02-29T10:00:00Z') },
    ],
    'a time': [
      { name: 'a', type: 'Time', default: '10:00' },
      { name: 'a', type: 'Time', default: '10:00:00.000' },
    ],
    'the keys of a Json': [
      { name: 'a', type: 'Json', default: { x: 1, y: [{ b: 1, a: 2 }] } },
      { name: 'a', type: 'Json', default: { y: [{ a: 2, b: 1 }], x: 1 } },
    ],
    'the letters of a Uuid': [
      { name: 'a', type: 'Uuid', default: '00000000-0000-4000-8000-00000000000A' },
      { name: 'a', type: 'Uuid', default: '00000000-0000-4000-8000-00000000000a' },
    ],
    bytes: [
      { name: 'a', type: 'Bytes', default: Buffer.from('x') },
      { name: 'a', type: 'Bytes', default: { base64: 'eA==' } },
    ],
    'values in another order': [
      { name: 'a', type: 'Enum', values: ['x', 'y'] },
      { name: 'a', type: 'Enum', values: ['y', 'x'] },
    ],
    'what goes without saying': [
      { name: 'a', type: 'Int' },
      { name: 'a', type: 'Int', nullable: true, unique: false, comment: '', default: null },
    ],
  };

  it.each(Object.entries(SAME))('%s', (_name, [one, other]) => {
    expect(diffModels([invoice(one)], [invoice(other)])).toEqual([]);
  });

  it('a unique field and a unique index on it', () => {
    const plain = invoice({ name: 'code', type: 'String' });
    const unique = { ...plain, indexes: [{ columns: ['code'], unique: true, name: 'once' }] };
    expect(diffModels([invoice({ name: 'code', type: 'String', unique: true })], [unique])).toEqual([]);
  });

  it('a key that is said and one that goes by its name', () => {
    expect(
      diffModels([invoice()], [{ table: 'invoice', fields: [{ name: 'id', type: 'Int', primaryKey: true }] }]),
    ).toEqual([]);
  });

  it("references to the tenant's own schema, whatever it is called", () => {
    const line = (schema: string): ModelSpec[] => [
      invoice(),
      {
        table: 'line',
        fields: [
          { name: 'of', type: 'Int', references: { schema, table: 'invoice', column: 'id', onDelete: 'CASCADE' } },
        ],
      },
    ];
    const inspected = (schema: string) => ({ org: 'tenant-2', models: line(schema), extras: [] });
    expect(diffModels(line('template'), inspected('tenant-2'))).toEqual([]);
    // A table of the same name in another schema is another table.
    expect(diffModels(line('template'), inspected('tenant-3'))).toMatchObject([{ kind: 'reference', table: 'line' }]);
    expect(diffModels(line('tenant-2'), inspected('tenant-3'))).toMatchObject([{ kind: 'reference', table: 'line' }]);
    expect(diffModels(line('tenant-2'), line('tenant-3'))).toMatchObject([{ kind: 'reference', table: 'line' }]);
    expect(diffModels(line('template'), inspected('public'))).toMatchObject([{ kind: 'reference', table: 'line' }]);
  });
});

describe('offers a renaming in words', () => {
  it('of a field of the same type, and not of another', () => {
    const actual = [invoice({ name: 'state', type: 'Text' }, { name: 'size', type: 'Int' })];
    const [missing] = diffModels([invoice({ name: 'status', type: 'Text' })], actual);
    expect(missing).toMatchObject({ kind: 'extraField', column: 'size' });
    expect(
      diffModels([invoice({ name: 'status', type: 'Text' })], actual).find(({ kind }) => kind === 'missingField'),
    ).toMatchObject({
      hint: '"state" may have been meant: rename it to "status" instead',
    });
  });

  it('of a model with the same fields', () => {
    expect(diffModels([{ ...invoice(), table: 'bill' }], [invoice()])).toMatchObject([
      { kind: 'missingModel', table: 'bill', hint: '"invoice" may have been meant: rename it to "bill" instead' },
      { kind: 'extraModel', table: 'invoice', remedy: 'destructive' },
    ]);
  });
});

describe('with extras', () => {
  const trigger: Extra = { kind: 'trigger', name: 't', table: 'invoice' };
  const actual = (...extras: Extra[]) => ({ org: ORG, models: [invoice()], extras });

  it('reports one that is in no model, and none that is desired too', () => {
    expect(diffModels([invoice()], actual(trigger))).toEqual([
      { kind: 'extraObject', actual: trigger, remedy: 'manual' },
    ]);
    expect(diffModels(actual(trigger), actual(trigger))).toEqual([]);
    expect(diffModels(actual(trigger), actual())).toEqual([
      { kind: 'missingObject', desired: trigger, remedy: 'manual' },
    ]);
    expect(diffModels(actual(trigger), actual({ ...trigger, detail: 'disabled' }))).toMatchObject([{ kind: 'object' }]);
  });
});

describe('in a safe order', () => {
  it('adds what others refer to first, and drops what refers to others first', () => {
    const to = (table: string, column: string) => ({ schema: ORG, table, column, onDelete: 'CASCADE' }) as const;
    const desired: ModelSpec[] = [
      invoice(
        { name: 'code', type: 'String', unique: true },
        { name: 'line', type: 'Int', references: to('line', 'id') },
      ),
      {
        table: 'line',
        fields: [
          { name: 'id', type: 'Int' },
          { name: 'code', type: 'String', references: to('invoice', 'code') },
        ],
      },
    ];
    const actual: ModelSpec[] = [
      invoice(),
      { table: 'a_parent', fields: [{ name: 'id', type: 'Int' }] },
      { table: 'b_child', fields: [{ name: 'id', type: 'Int', references: to('a_parent', 'id') }] },
    ];
    const changes = changesFor(diffModels(desired, actual), { destructive: true });
    expect(
      changes.map((change) => [change.kind, change.table, 'field' in change ? change.field.name : undefined]),
    ).toEqual([
      ['dropModel', 'b_child', undefined],
      ['dropModel', 'a_parent', undefined],
      ['addField', 'invoice', 'code'],
      ['createModel', 'line', undefined],
      ['addField', 'invoice', 'line'],
    ]);
  });

  it('changes a field once, whatever is different about it', () => {
    const desired = [invoice({ name: 'a', type: 'Text', nullable: false, default: 'x', unique: true, comment: 'c' })];
    const actual = [invoice({ name: 'a', type: 'String', default: 'y' })];
    expect(changesFor(diffModels(desired, actual))).toEqual([
      {
        kind: 'alterField',
        table: 'invoice',
        column: 'a',
        from: { type: 'String' },
        set: { type: 'Text', nullable: false, default: 'x', unique: true, comment: 'c' },
      },
    ]);
  });

  it('leaves a default alone whose type it leaves', () => {
    const differences = diffModels(
      [invoice({ name: 'a', type: 'Int', default: 5 })],
      [invoice({ name: 'a', type: 'Text' })],
    );
    expect(differences.map(({ kind, remedy }) => [kind, remedy])).toEqual([
      ['type', 'destructive'],
      ['default', 'change'],
    ]);
    expect(changesFor(differences)).toEqual([]);
    expect(changesFor(differences, { destructive: true })).toHaveLength(1);
  });
});

it('says each difference in words, without the value of a default', () => {
  const desired = [invoice({ name: 'status', type: 'Text' }, { name: 'a', type: 'Text', default: 'secret-1' })];
  const actual = [invoice({ name: 'a', type: 'String', length: 20, default: 'secret-2', nullable: false })];
  const words = diffModels(desired, actual).map(formatDifference);
  expect(words).toEqual([
    'invoice.a is String(20), not Text',
    'invoice.a cannot be null',
    'invoice.a has another default',
    'invoice.status is missing',
  ]);
});

it('refuses what is no model, and a table that is listed twice', () => {
  const wrong = { table: 'a b', fields: [] } as unknown as ModelSpec;
  expect(() => diffModels([wrong], [])).toThrow(MigrationError);
  expect(() => diffModels([], [invoice(), invoice()])).toThrow('two of them have the same table');
});
