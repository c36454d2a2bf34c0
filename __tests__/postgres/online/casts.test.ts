// The conversions that an online change makes are those that PostgreSQL itself calls immutable.
import { fieldTypes } from '../../../lib/field-types';
import type { FieldType } from '../../../lib/field-types/field-type';
import { typeSql } from '../../../lib/sql/qualified-sql';
import { connect } from '../../support/postgres';

const db = connect();
const types = Object.entries(fieldTypes as Readonly<Record<string, FieldType>>);
const pairs = types.flatMap(([to, { castsAlike, catalogName }]) =>
  castsAlike.map((from) => [from, to, typeSql(catalogName({ name: '', values: ['a'] }))] as const),
);

it('knows some conversions', () => {
  expect(pairs.length).toBeGreaterThan(50);
});

it.each(pairs)('%s to %s can be indexed', (from, _to, type) =>
  // A rolled back table: an index takes only what is the same in every session.
  db
    .transaction(async (trx) => {
      await trx.raw(`create temp table casts (v ${from})`);
      await trx.raw(`create index on casts ((v::${type}))`);
      throw new Error('undone');
    })
    .catch((error: Error) => expect(error.message).toBe('undone')),
);
