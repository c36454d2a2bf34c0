// The table of pairs in docs/conversions.md: hard values of each type, converted to each other type on a server.
import type { Knex } from 'knex';
import {
  alterField,
  createModel,
  MigrationError,
  previewConversion,
  type ConversionPreview,
  type FieldSpec,
  type FieldTypeName,
} from '../../../lib';
import { HARD_VALUES, TYPES } from '../../../docs/conversions/hard-values';
import { outcomeOf, PAIRS, type Outcome } from '../../../docs/conversions/pairs';
import { typeNames } from '../../../lib/field-types';
import { migrationError } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest({ hazards: { rewrite: 'allow', scan: 'allow' } });

let major: number;

beforeAll(async () => {
  major = Math.floor(Number((await db.raw('show server_version_num')).rows[0].server_version_num) / 10_000);
});

const textsOf = async (on: Knex): Promise<unknown[]> =>
  (await on.raw('select x::text from ??.t order by id', [org])).rows.map(({ x }: { x: unknown }) => x);

async function preview(to: FieldTypeName, on: Knex): Promise<ConversionPreview | 'never'> {
  try {
    return await previewConversion(org, 't', 'x', TYPES[to], on, options);
  } catch (error) {
    // cannot_coerce: PostgreSQL has no cast.
    if (error instanceof MigrationError && (error.sqlState === '42846' || error.code === 'INVALID_SPEC'))
      return 'never';
    throw error;
  }
}

function outcomeIn(found: ConversionPreview | 'never'): Outcome {
  if (found === 'never') return 'never';
  if (found.fails > 0) return found.loses > 0 ? 'loseOrFail' : 'fail';
  return found.loses > 0 ? 'lose' : 'kept';
}

it('names each pair once', () => {
  for (const from of typeNames) {
    const listed = Object.values(PAIRS[from]).flat();
    expect(listed.sort()).toEqual(typeNames.filter((to) => to !== from).sort());
  }
});

it.each(typeNames)('what becomes of %s', async (from) => {
  const field = { ...TYPES[from], name: 'x' } as FieldSpec;
  await createModel(org, { table: 't', fields: [{ name: 'id', type: 'Int' }, field] }, db, options);
  const rows = HARD_VALUES[from].map((value, id) => `(${id}, ${value})`);
  await db.raw(`insert into "${org}".t values ${rows.join(', ')}`.replaceAll('?', '\\?'));
  const before = await textsOf(db);
  const found: Partial<Record<FieldTypeName, Outcome | undefined>> = {};
  const documented: typeof found = {};
  for (const to of typeNames.filter((type) => type !== from)) {
    const counts = await preview(to, db);
    found[to] = outcomeIn(counts);
    documented[to] = outcomeOf(from, to, major);
    if (counts === 'never') continue;
    const trx = await db.transaction();
    try {
      const change = alterField(org, 't', 'x', TYPES[to], trx, options);
      if (counts.loses + counts.fails > 0) {
        // The first row that is not kept decides which of both it is.
        const codes = [
          ...(counts.loses > 0 ? ['HAZARD_REFUSED'] : []),
          ...(counts.fails > 0 ? ['CONVERSION_FAILED', 'CHECK_VIOLATION'] : []),
        ];
        expect([to, codes]).toEqual([to, expect.arrayContaining([(await migrationError(change)).code])]);
        continue;
      }
      await change;
      expect(await preview(from, trx)).toMatchObject({ converts: before.length });
      await alterField(org, 't', 'x', TYPES[from], trx, options);
      expect(await textsOf(trx)).toEqual(before);
    } finally {
      await trx.rollback();
    }
  }
  expect(found).toEqual(documented);
});
