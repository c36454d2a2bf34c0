// Every operation on Citus: the tables are afterwards what the models say, on the coordinator and on the shards.
import type { Knex } from 'knex';
import { allExamples, EXAMPLE_MODELS } from '../../docs/examples';
import {
  addFieldToModel,
  applyChange,
  diffModels,
  inspectTenant,
  planChange,
  type Change,
  type ModelSpec,
} from '../../lib';
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
      const sent: string[] = [];
      const hear = ({ sql }: { sql: string }): void => void sent.push(sql);
      db.on('query', hear);
      const { statements } = await applyChange(org, change, db, options);
      db.off('query', hear);
      expect(statements).toEqual(
        planChange(org, change, { sharedSchemas: [shared], citus: true }).steps.map(({ sql }) => sql),
      );
      // In this order, in one query.
      const [batch = ''] = sent;
      const places = statements.map((statement) => batch.indexOf(statement));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
      const { models, extras } = await inspectTenant(org, db, options);
      expect(extras).toEqual([]);
      const desired = folded(change, schemas) as unknown as readonly ModelSpec[];
      expect(diffModels(desired, models, { sharedSchemas: [shared] })).toEqual([]);
      const placements = await placementsOf(db, org);
      expect(placements.map(({ table }) => table)).toEqual(desired.map(({ table }) => table).sort());
      expect(new Set(placements.map(({ port }) => port)).size).toBe(1);
      expect(placements[0]?.port).toEqual(expect.any(Number));
    },
  );

  it('refuses an identity that is added, in clear words, before anything is sent', async () => {
    const { org } = await citusTables(db, shared, ROWS);
    const field = { name: 'number', type: 'Int', identity: true } as const;
    const sent: string[] = [];
    db.on('query', ({ sql }: { sql: string }) => sent.push(sql));
    const refused = {
      code: 'UNSUPPORTED_DATABASE',
      org,
      table: 'invoice',
      column: 'number',
      message: expect.stringMatching(/^Citus cannot add an identity to .*Nothing was changed.*Create the model/),
    };
    await expect(addFieldToModel(org, 'invoice', field, db, { logger: quiet })).rejects.toMatchObject(refused);
    expect(sent).toEqual([]);
    await db.transaction(async (trx) => {
      await expect(addFieldToModel(org, 'invoice', field, trx, { logger: quiet })).rejects.toMatchObject(refused);
      await trx.raw('insert into ??.customer values (1000)', [org]);
    });
    const change = { kind: 'addField', table: 'invoice', field } as const;
    expect(() => planChange(org, change, { citus: true })).toThrow(/^Citus cannot add an identity/);
    expect(planChange(org, change).steps).toHaveLength(1);
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
