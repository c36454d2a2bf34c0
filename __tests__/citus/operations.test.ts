// Every operation on Citus: the tables are afterwards what the models say, on the coordinator and on the shards.
import type { Knex } from 'knex';
import { allExamples, EXAMPLE_MODELS } from '../../docs/examples';
import { addFieldToModel, applyChange, diffModels, inspectTenant, type Change, type ModelSpec } from '../../lib';
import { checkedChanges } from '../../lib/plan/checked-changes';
import { fold } from '../../lib/plan/fold';
import { operationOf } from '../../lib/plan/operations';
import type { Model } from '../../lib/spec/model-spec';
import type { Identifier } from '../../lib/sql/identifier';
import { addsIdentity, citusTables, onCitus, placementsOf, referenceTable } from '../support/citus';
import { inSchemas, type ExampleSchemas } from '../support/example-tables';
import { quiet } from '../support/log';
import { connect } from '../support/postgres';

const ROWS = 20;

onCitus('each example of each operation', () => {
  let db: Knex;
  let shared: string;
  beforeAll(async () => {
    db = connect();
    shared = await referenceTable(db);
  });

  it.each(allExamples().filter(({ change }) => !addsIdentity(change)))(
    '$kind, $variant',
    async ({ change: example }) => {
      const schemas = await citusTables(db, shared, ROWS);
      const { org } = schemas;
      const change = inSchemas(example, schemas);
      const options = { logger: quiet, sharedSchemas: [shared], hazards: 'allow' } as const;
      await applyChange(org, change, db, options);
      const { models, extras } = await inspectTenant(org, db, options);
      expect(extras).toEqual([]);
      const desired = folded(change, schemas) as unknown as readonly ModelSpec[];
      expect(diffModels(desired, models, { sharedSchemas: [shared] })).toEqual([]);
      const places = await placementsOf(db, org);
      expect(places.map(({ table }) => table)).toEqual(desired.map(({ table }) => table).sort());
      expect(new Set(places.map(({ port }) => port)).size).toBe(1);
      expect(places[0]?.port).toEqual(expect.any(Number));
    },
  );

  it('refuses an identity that is added, in clear words', async () => {
    const { org } = await citusTables(db, shared, ROWS);
    const field = { name: 'number', type: 'Int', identity: true } as const;
    await expect(addFieldToModel(org, 'invoice', field, db, { logger: quiet })).rejects.toMatchObject({
      code: 'DATABASE_ERROR',
      sqlState: '0A000',
      message: expect.stringMatching(/^Citus, which distributes .*identity.*docs\/citus\.md/),
    });
  });
});

/** What the models are after a change. */
function folded(change: Change, schemas: ExampleSchemas): readonly Model[] {
  const org = schemas.org as Identifier;
  const creations = inSchemas(EXAMPLE_MODELS, schemas).map((model): Change => ({ kind: 'createModel', ...model }));
  return [...creations, change].reduce<readonly Model[]>((models, each) => {
    const effects = checkedChanges(org, [each], [schemas.shared]).flatMap((one) =>
      operationOf(one.kind).effects(org, one),
    );
    return fold(org, effects, models);
  }, []);
}
