// Online changes of a table that eight clients read and write all the time: the short form of npm run live, which also
// measures how long they wait.
import { applyChange } from '../../../lib';
import { LIVE_KINDS, type LiveKind } from '../../live/kinds';
import { faultsOf } from '../../live/results';
import { createTables } from '../../live/tables';
import { runTrial } from '../../live/trial';
import { ORG, prepare, schemaOf } from '../../support/online';
import { inOwnDatabase } from '../../support/own-database';
import { quiet } from '../../support/log';

const ROWS = 20_000;
const SHORT = ['index', 'NOT NULL', 'values of an Enum', 'default of its own for each row', 'type of the key'];
const kinds = LIVE_KINDS.filter(({ name }) => SHORT.includes(name));

it.each(kinds)(
  'fails no operation of a client, loses nothing that one wrote, and makes the plain change: $name',
  (kind) =>
    inOwnDatabase(async (url, db) => {
      await createTables(db, ROWS);
      const rest = { rows: ROWS, seed: 1, quietMs: 500, snapshotMs: 1000, withAutovacuum: false };
      const trial = await runTrial({ url, kind, way: 'online', ...rest });
      expect(faultsOf(kind, trial)).toEqual([]);
      // How many there are is a matter of speed.
      expect(trial.during.count).toBeGreaterThan(0);
      expect(trial.schema).toEqual(await plainSchema(kind));
    }),
  60_000,
);

/** Of the same table without clients. */
async function plainSchema({ setup = [], before = [], change }: LiveKind): Promise<readonly string[]> {
  let schema: readonly string[] = [];
  await inOwnDatabase(async (_url, db) => {
    await createTables(db, 100);
    await prepare(db, ORG, setup);
    for (const each of [...before, change]) await applyChange(ORG, each, db, { logger: quiet, hazards: 'allow' });
    schema = await schemaOf(db, ORG);
  });
  return schema;
}
