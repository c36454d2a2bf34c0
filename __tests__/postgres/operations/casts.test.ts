// Between which types there is a conversion is known before anything is sent, if the type so far is named.
import { alterField, createModel, planChange, previewConversion, type TypeSpec } from '../../../lib';
import { typeNames, typeOf } from '../../../lib/field-types';
import { migrationError } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest();
const TYPES = typeNames.map((type) => (type === 'Enum' ? { type, values: ['a'] } : { type }) as TypeSpec);

function isPlanned(from: TypeSpec, to: TypeSpec): boolean {
  try {
    planChange('acme-corp', { kind: 'alterField', table: 't', column: 'x', set: to, from });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_SPEC', faults: [{ path: 'set.type' }] });
    return false;
  }
}

it.each(TYPES)('plans a change from $type where a server has a cast, and no other', async (from) => {
  const nameOf = ({ type }: TypeSpec): string => typeOf({ type }).columnTypes[0] ?? '';
  const hasCast = async (to: TypeSpec): Promise<boolean> =>
    db.raw(`select null::${nameOf(from)}::${nameOf(to)}`).then(
      () => true,
      () => false,
    );
  for (const to of TYPES) {
    const planned = isPlanned(from, to);
    // A later version may have a cast that this one does not.
    const there = await hasCast(to);
    expect({ to, planned: planned || there }).toEqual({ to, planned });
    if (process.env.TEST_SERVER_MAJOR === '18') expect({ to, there }).toEqual({ to, there: planned });
  }
});

it('says what to do instead, before and after the server was asked', async () => {
  await createModel(org, { table: 't', fields: [{ name: 'x', type: 'Time' }] }, db, options);
  await db.raw(`insert into "${org}".t values ('10:00')`);
  const refused = [
    () => alterField(org, 't', 'x', { type: 'BigInt' }, db, { ...options, from: { type: 'Time' } }),
    () => alterField(org, 't', 'x', { type: 'BigInt' }, db, options),
    () => alterField(org, 't', 'x', { type: 'BigInt' }, db, { ...options, unconvertible: 'null' }),
    () => previewConversion(org, 't', 'x', { type: 'BigInt' }, db, options),
  ];
  for (const change of refused) {
    const error = await migrationError(change());
    expect(error).toMatchObject({ code: 'INVALID_SPEC', org, table: 't' });
    expect(error.message).toMatch(/PostgreSQL (?:has no conversion|16 or later)/);
  }
});
