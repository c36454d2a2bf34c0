// A default of its own for each row, filled in batches while others write.
import { abandonOnline, applyChange, applyOnline, planOnline, type Change } from '../../../lib';
import { quiet } from '../../support/log';
import { ORG, createInvoices, recordsOf, schemaOf, toBigInt, withInvoices } from '../../support/online';
import { connect } from '../../support/postgres';
import { migrationError } from '../../support/rejection';

const options = { logger: quiet };
const publicId: Change = {
  kind: 'addField',
  table: 'invoice',
  field: { name: 'public_id', type: 'Uuid', default: { fn: 'uuid' }, comment: 'c' },
};
const unique: Change = { ...publicId, field: { ...publicId.field, unique: true, nullable: false } };

it.each([publicId, unique])('gives each row its own value, and makes the table of the plain change: %j', (change) =>
  withInvoices(5000, async (db) => {
    const result = await applyOnline(ORG, change, db, options);
    expect(result.stages.map(({ name }) => name)).toEqual(planOnline(ORG, change).stages.map(({ name }) => name));
    const { rows } = await db.raw(
      `select count(*)::int as rows, count(distinct public_id)::int as values, count(*) filter (where substr(public_id::text, 15, 1) = '4')::int as random from ??.invoice`,
      [ORG],
    );
    expect(rows).toEqual([{ rows: 5000, values: 5000, random: 5000 }]);
    await createInvoices(db, 'plain', 10);
    await applyChange('plain', change, db, { ...options, hazards: 'allow' });
    expect(await schemaOf(db, ORG)).toEqual(await schemaOf(db, 'plain'));
    expect(await recordsOf(db)).toEqual([]);
  }),
);

it('rewrites no row under a lock that blocks others', () =>
  withInvoices(1000, async (db) => {
    const fileOf = async (): Promise<unknown> =>
      (await db.raw(`select pg_relation_filenode('"acme-corp".invoice') as file`)).rows;
    const before = await fileOf();
    await applyOnline(ORG, publicId, db, options);
    expect(await fileOf()).toEqual(before);
  }));

it.each(['analyzed', 'new'])('finds the rows of a batch by their keys alone, on a table that is %s', (state) =>
  withInvoices(50_000, async (db, url) => {
    await db.raw('alter table ??.invoice set (autovacuum_enabled = false)', [ORG]);
    if (state === 'analyzed') await db.raw('analyze ??.invoice', [ORG]);
    const explained: string[] = [];
    const others = connect({ connection: { connectionString: url } });
    const stop = new AbortController();
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stage === 'fill') stop.abort();
    };
    await migrationError(applyOnline(ORG, publicId, db, { ...options, onProgress, signal: stop.signal }));
    db.on('query', ({ sql }: { sql: string }) => {
      if (sql.startsWith('with ')) explained.push(sql);
    });
    await applyOnline(ORG, publicId, db, options);
    expect(explained.length).toBeGreaterThan(4);
    for (const sql of explained) {
      const { rows } = await others.raw(`explain (format json) ${sql.replaceAll('?', '\\?')}`);
      expect([sql, JSON.stringify(rows).match(/"Seq Scan"[^}]*"Relation Name":"invoice"/)]).toEqual([sql, null]);
    }
    await others.destroy();
  }),
);

it('keeps a NULL and a value that clients write meanwhile, and passes over rows that they have locked', () =>
  withInvoices(3000, async (db, url) => {
    const others = connect({ connection: { connectionString: url } });
    const unfilled = async (): Promise<number> => {
      const { rows: counted } = await others.raw(
        `select count(*)::int as n from ??.invoice where substr(public_id::text, 15, 1) = '8'`,
        [ORG],
      );
      return (counted as { n: number }[])[0]?.n ?? 0;
    };
    const value = '00000000-0000-4000-8000-000000000001';
    const stop = new AbortController();
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stage === 'fill') stop.abort();
    };
    await migrationError(applyOnline(ORG, publicId, db, { ...options, onProgress, signal: stop.signal }));
    const trx = await others.transaction();
    await trx.raw('update ??.invoice set public_id = null where id = 10', [ORG]);
    await trx.raw('update ??.invoice set public_id = ? where id = 11', [ORG, value]);
    await trx.raw(`update ??.invoice set status = 'touched' where id = 12`, [ORG]);
    const filling = applyOnline(ORG, publicId, db, options);
    while ((await unfilled()) !== 3) await new Promise((resolve) => setTimeout(resolve, 10));
    await trx.commit();
    await filling;
    const { rows } = await db.raw('select id, public_id from ??.invoice where id in (10, 11) order by id', [ORG]);
    expect(rows).toEqual([
      { id: 10, public_id: null },
      { id: 11, public_id: value },
    ]);
    const { rows: wrong } = await db.raw(
      `select count(*)::int as n from ??.invoice where id not in (10, 11) and (public_id is null or substr(public_id::text, 15, 1) <> '4')`,
      [ORG],
    );
    expect(wrong).toEqual([{ n: 0 }]);
    await others.destroy();
  }));

it('goes on with the next batch after its session was terminated', () =>
  withInvoices(20_000, async (db, url) => {
    const others = connect({ connection: { connectionString: url } });
    const first = await killed(others, db);
    expect(first).toMatchObject({ code: 'CONNECTION_LOST' });
    const { rows } = await db.raw('select stage, cursor_key::int as cursor from tenant_ddl.online_change');
    const [{ stage, cursor }] = rows as [{ stage: number; cursor: number }];
    expect(stage).toBe(1);
    expect(cursor).toBeGreaterThan(0);
    const filled = async (): Promise<{ n: number; sum: string }> =>
      (
        await db.raw(
          `select count(*)::int as n, md5(string_agg(public_id::text, ',' order by id)) as sum from ??.invoice where id <= ?`,
          [ORG, cursor],
        )
      ).rows[0] as { n: number; sum: string };
    const before = await filled();
    expect(before.n).toBe(cursor);
    expect(await applyOnline(ORG, publicId, db, options)).toMatchObject({ resumed: true });
    // What was filled was not touched again.
    expect(await filled()).toEqual(before);
    const { rows: left } = await db.raw(
      `select count(*)::int as n from ??.invoice where substr(public_id::text, 15, 1) <> '4'`,
      [ORG],
    );
    expect(left).toEqual([{ n: 0 }]);
    await others.destroy();
  }));

it.each([publicId, toBigInt('customer_id')])(
  'looks at a tenth of the rows again after a kill at nine tenths: %j',
  (change) =>
    withInvoices(20_000, async (db, url) => {
      const others = connect({ connection: { connectionString: url } });
      await killed(others, db, change, 18_000);
      const written = async (): Promise<Map<number, string>> => {
        const { rows } = await others.raw('select id, xmin::text from ??.invoice', [ORG]);
        return new Map(rows.map(({ id, xmin }: { id: number; xmin: string }) => [id, xmin]));
      };
      const before = await written();
      // What each batch says of itself.
      const seen: number[] = [];
      db.on('query-response', (answer: { rows?: { seen?: string }[] }[]) => {
        const found = [answer].flat().at(-1)?.rows?.[0]?.seen;
        if (found !== undefined) seen.push(Number(found));
      });
      expect(await applyOnline(ORG, change, db, options)).toMatchObject({ resumed: true });
      const rewritten = [...(await written())].filter(([id, xmin]) => before.get(id) !== xmin);
      expect(seen.length).toBeGreaterThan(0);
      // Of a default, a second fill looks for what clients have written back.
      const passes = change === publicId ? 1 : 0;
      expect(seen.reduce((sum, each) => sum + each, 0) - passes * 20_000).toBeLessThanOrEqual(3000);
      expect(rewritten.length).toBeLessThanOrEqual(3000);
      expect(rewritten.length).toBeGreaterThanOrEqual(2000);
      await others.destroy();
    }),
);

it('is taken back in the middle', () =>
  withInvoices(20_000, async (db, url) => {
    const others = connect({ connection: { connectionString: url } });
    const before = await schemaOf(db, ORG);
    await killed(others, db);
    await abandonOnline(ORG, 'invoice', db, options);
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
    await others.destroy();
  }));

it('refuses a table without a primary key of one column', () =>
  withInvoices(10, async (db) => {
    await db.raw('alter table ??.invoice drop constraint ??', [ORG, (await keyOf(db)) ?? '']);
    const before = await schemaOf(db, ORG);
    const error = await migrationError(applyOnline(ORG, publicId, db, options));
    expect(error).toMatchObject({ code: 'INVALID_SPEC' });
    expect(error.message).toMatch(/no primary key of one column/);
    expect(await schemaOf(db, ORG)).toEqual(before);
  }));

type Db = ReturnType<typeof connect>;

async function keyOf(db: Db): Promise<string | undefined> {
  const { rows } = await db.raw(
    `select conname from pg_constraint where conrelid = '"acme-corp".invoice'::regclass and contype = 'p'`,
  );
  return (rows[0] as { conname: string } | undefined)?.conname;
}

/** Terminates the session in the batch that comes to one of the rows: it waits there, in a trigger. */
async function killed(others: Db, db: Db, change = publicId, row = 5000): Promise<unknown> {
  await db.raw(
    `create function ??.wait() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock_shared(99); return new; end';
     create trigger wait before update on ??.invoice for each row when (old.id = ${row}) execute function ??.wait()`,
    [ORG, ORG, ORG],
  );
  const holder = await others.transaction();
  await holder.raw('select pg_advisory_xact_lock(99)');
  const first = migrationError(applyOnline(ORG, change, db, { ...options, batchMs: 1, retry: false }));
  for (let found = false; !found;) {
    const { rows } = await others.raw(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 99 and not granted
         and database = (select oid from pg_database where datname = current_database())`,
    );
    found = (rows as unknown[]).length > 0;
  }
  const error = await first;
  await holder.rollback();
  await db.raw('drop trigger wait on ??.invoice; drop function ??.wait()', [ORG, ORG]);
  return error;
}
