// What is published on node:diagnostics_channel, and what examples/opentelemetry.ts makes of it.
import { tracingChannel } from 'node:diagnostics_channel';
import { SpanStatusCode } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { traceTenantDdl } from '../../examples/opentelemetry';
import {
  addFieldToModel,
  applyChanges,
  applyOnline,
  createModel,
  rollOut,
  withTenant,
  type Change,
  type ChangeTrace,
  type OnlineTrace,
} from '../../lib';
import { quiet } from '../support/log';
import { ORG, withInvoices } from '../support/online';
import { connect, freshOrg } from '../support/postgres';
import { STATUS, withTenants } from '../support/rollout';

const db = connect();
const options = { logger: quiet };
const SECRET = 'hunter2-value';

let org: string;
beforeEach(async () => {
  org = freshOrg();
  await db.raw('create schema ??', [org]);
});

/** What a channel publishes while something runs. */
async function published<T extends object = ChangeTrace>(
  run: () => Promise<unknown>,
  name = 'tenant-ddl:change',
): Promise<[string, T][]> {
  const events: [string, T][] = [];
  const seen = (event: string) => (trace: T) => void events.push([event, { ...trace }]);
  const channel = tracingChannel<unknown, T>(name);
  const [start, end, asyncStart] = [seen('start'), seen('end'), seen('asyncStart')];
  const subscribers = { start, end, asyncStart, asyncEnd: seen('asyncEnd'), error: seen('error') };
  channel.subscribe(subscribers);
  try {
    await run();
  } finally {
    channel.unsubscribe(subscribers);
  }
  return events;
}

const invoice = {
  table: 'invoice',
  fields: [
    { name: 'id', type: 'Int' },
    { name: 'status', type: 'String', default: SECRET },
  ],
} as const;

it('publishes the start and the end of a change, without a value', async () => {
  const events = await published(() => createModel(org, invoice, db, options));
  expect(events.map(([event]) => event)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
  const before = { org, operations: ['CREATE TABLE'], tables: ['invoice'], inTransaction: false };
  expect(events[0]?.[1]).toEqual(before);
  expect(events[3]?.[1]).toMatchObject({ ...before, attempts: 1, durationMs: expect.any(Number) });
  expect(JSON.stringify(events)).not.toContain(SECRET);
});

it('publishes the error of a change, how often it was tried, and no value', async () => {
  await createModel(org, invoice, db, options);
  await db.withSchema(org).from('invoice').insert({ id: 1, status: SECRET });
  const blocker = await db.transaction();
  try {
    await blocker.raw('lock table ??.invoice', [org]);
    const change = { name: 'note', type: 'String', default: SECRET } as const;
    const retry = { maxAttempts: 2, delayMs: 1 };
    const events = await published(async () => {
      const adding = addFieldToModel(org, 'invoice', change, db, { ...options, lockTimeoutMs: 20, retry });
      await expect(adding).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    });
    expect(events.map(([event]) => event)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(events[4]?.[1]).toMatchObject({ attempts: 2, error: { code: 'LOCK_TIMEOUT', org } });
    const { error, ...rest } = events[4]?.[1] as ChangeTrace;
    expect(`${JSON.stringify([rest, error])}${error?.stack}`).not.toContain(SECRET);
  } finally {
    await blocker.rollback();
  }
});

it('says of a change whether its transaction goes on', async () => {
  const changes = [
    { kind: 'createModel', ...invoice },
    { kind: 'dropModel', table: 'invoice' },
  ] as const;
  const events = await published(() => withTenant(org, db, (tenant) => applyChanges(org, changes, tenant), options));
  expect(events[0]?.[1]).toEqual({
    org,
    operations: ['CREATE TABLE', 'DROP TABLE'],
    tables: ['invoice'],
    inTransaction: true,
  });
});

const required: Change = { kind: 'alterField', table: 'invoice', column: 'status', set: { nullable: false } };

it('publishes the start and the end of an online change and of each stage', () =>
  withInvoices(10, async (own) => {
    const events = await published<OnlineTrace>(() => applyOnline(ORG, required, own, options), 'tenant-ddl:online');
    const at = { org: ORG, table: 'invoice', operation: 'ALTER COLUMN' };
    const told = (name: string): OnlineTrace[] => events.filter(([event]) => event === name).map(([, trace]) => trace);
    expect(told('start')).toEqual([
      at,
      ...['add checks', 'validate', 'finish'].map((stage, index) => ({ ...at, stage, number: index + 1, of: 3 })),
    ]);
    expect(told('asyncEnd').map(({ stage }) => stage)).toEqual(['add checks', 'validate', 'finish', undefined]);
    for (const trace of told('asyncEnd')) expect(trace.durationMs).toEqual(expect.any(Number));
    expect(told('error')).toEqual([]);
  }));

it('publishes the error of an online change and of its stage', () =>
  withInvoices(10, async (own) => {
    const blocker = await own.transaction();
    await blocker.raw('lock table ??.invoice in access share mode', [ORG]);
    const events = await published<OnlineTrace>(async () => {
      const retry = { maxAttempts: 1 };
      const changing = applyOnline(ORG, required, own, { ...options, lockTimeoutMs: 20, retry });
      await expect(changing).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    }, 'tenant-ddl:online').finally(() => blocker.rollback());
    const failed = events.filter(([event]) => event === 'error').map(([, { error, stage }]) => [stage, error?.code]);
    expect(failed).toEqual([
      ['add checks', 'LOCK_TIMEOUT'],
      [undefined, 'LOCK_TIMEOUT'],
    ]);
  }));

describe('the example for OpenTelemetry', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let end: () => void;
  beforeEach(() => (end = traceTenantDdl(provider.getTracer('test'))));
  afterEach(() => {
    end();
    exporter.reset();
  });
  afterAll(() => provider.shutdown());

  it('makes a span of a change, and marks one that fails', async () => {
    await createModel(org, invoice, db, options);
    await expect(createModel(org, invoice, db, options)).rejects.toThrow();
    const [created, failed] = exporter.getFinishedSpans();
    expect(created).toMatchObject({
      name: 'CREATE TABLE',
      attributes: { 'db.namespace': org, 'db.collection.name': 'invoice', 'tenant_ddl.attempts': 1 },
      status: { code: SpanStatusCode.UNSET },
    });
    expect(failed?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'MODEL_EXISTS' });
    expect(JSON.stringify([created, failed].map((span) => [span?.attributes, span?.events]))).not.toContain(SECRET);
  });

  it('puts the changes of a rollout into its waves, and those into the rollout', async () => {
    await withTenants(4, async (server, orgs) => {
      const spec = { name: 'traced', changes: STATUS };
      await rollOut(spec, server, { ...options, orgs, canary: 1, waves: [2], seed: 1 });
    });
    const spans = exporter.getFinishedSpans();
    const parentOf = ({ parentSpanContext }: (typeof spans)[number]): string | undefined =>
      spans.find((span) => span.spanContext().spanId === parentSpanContext?.spanId)?.name;
    const tree = spans.map((span) => `${parentOf(span) ?? '-'} > ${span.name}`).sort();
    expect(tree).toEqual([
      '- > rollout',
      'rollout > rollout wave 0',
      'rollout > rollout wave 1',
      'rollout > rollout wave 2',
      'rollout wave 0 > ADD COLUMN',
      'rollout wave 1 > ADD COLUMN',
      'rollout wave 1 > ADD COLUMN',
      'rollout wave 2 > ADD COLUMN',
    ]);
  });

  it('puts the stages of an online change into it', async () => {
    await withInvoices(10, async (own) => void (await applyOnline(ORG, required, own, options)));
    const online = exporter.getFinishedSpans().filter(({ name }) => name.startsWith('online'));
    const whole = online.find(({ name }) => name === 'online ALTER COLUMN');
    const stages = online.filter((span) => span !== whole);
    expect(stages.map(({ name }) => name)).toEqual(
      ['add checks', 'validate', 'finish'].map((stage) => `online ALTER COLUMN: ${stage}`),
    );
    for (const { parentSpanContext } of stages) expect(parentSpanContext?.spanId).toBe(whole?.spanContext().spanId);
    expect(stages[0]?.attributes).toMatchObject({ 'db.namespace': ORG, 'tenant_ddl.stage': 1, 'tenant_ddl.stages': 3 });
  });

  it('makes none after its end', async () => {
    end();
    await createModel(org, invoice, db, options);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
