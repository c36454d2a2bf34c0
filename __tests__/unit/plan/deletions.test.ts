import { deletionsOf, type Change } from '../../../lib';

const CASES: readonly (readonly [Change, object[]])[] = [
  [{ kind: 'dropModel', table: 'a' }, [{ of: 'table', table: 'a' }]],
  [{ kind: 'dropField', table: 'a', column: 'b' }, [{ of: 'column', table: 'a', column: 'b' }]],
  [
    { kind: 'alterField', table: 'a', column: 'b', set: { type: 'Int' }, unconvertible: 'null' },
    [{ of: 'unconvertible', table: 'a', column: 'b' }],
  ],
  [{ kind: 'alterField', table: 'a', column: 'b', set: { type: 'Int' } }, []],
  [{ kind: 'dropIndex', table: 'a', name: 'b' }, []],
  [{ kind: 'renameModel', table: 'a', to: 'b' }, []],
];

it.each(CASES)('%j deletes %j', (change, deleted) => {
  expect(deletionsOf('acme-corp', [change])).toEqual(deleted);
});

it('keeps the order of the changes, and checks them', () => {
  const changes = CASES.map(([change]) => change);
  expect(deletionsOf('acme-corp', changes).map(({ of }) => of)).toEqual(['table', 'column', 'unconvertible']);
  expect(() => deletionsOf('acme-corp', [{ kind: 'dropModel' } as Change])).toThrow('table: is missing');
});
