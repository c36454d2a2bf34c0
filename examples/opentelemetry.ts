// Spans of OpenTelemetry for what tenant-ddl does: call traceTenantDdl() once, when your service starts.
import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { context, SpanStatusCode, trace, type Attributes, type Span, type Tracer } from '@opentelemetry/api';
import type { ChangeTrace, OnlineTrace, RolloutTrace } from '../lib';

/** Begins to make spans, and returns what ends that. */
export function traceTenantDdl(tracer: Tracer = trace.getTracer('tenant-ddl')): () => void {
  const parents = new AsyncLocalStorage<Span>();
  const ends = [
    subscribe<ChangeTrace>('tenant-ddl:change', tracer, parents, {
      name: ({ operations }) => [...new Set(operations)].join(', '),
      before: ({ org, tables, inTransaction }) => ({
        'db.system.name': 'postgresql',
        'db.namespace': org,
        'db.collection.name': tables.join(', '),
        'tenant_ddl.in_transaction': inTransaction,
      }),
      after: ({ attempts }) => ({ 'tenant_ddl.attempts': attempts }),
    }),
    subscribe<RolloutTrace>('tenant-ddl:rollout', tracer, parents, {
      name: ({ wave }) => (wave === undefined ? 'rollout' : `rollout wave ${wave}`),
      before: ({ name, wave }) => ({ 'tenant_ddl.rollout': name, 'tenant_ddl.wave': wave }),
      after: () => ({}),
    }),
    subscribe<OnlineTrace>('tenant-ddl:online', tracer, parents, {
      name: ({ operation, stage }) => `online ${operation}${stage === undefined ? '' : `: ${stage}`}`,
      before: ({ org, table, number, of }) => ({
        'db.system.name': 'postgresql',
        'db.namespace': org,
        'db.collection.name': table,
        'tenant_ddl.stage': number,
        'tenant_ddl.stages': of,
      }),
      after: () => ({}),
    }),
  ];
  return () => ends.forEach((end) => end());
}

interface Words<C> {
  readonly name: (trace: C) => string;
  readonly before: (trace: C) => Attributes;
  readonly after: (trace: C) => Attributes;
}

function subscribe<C extends ChangeTrace | OnlineTrace | RolloutTrace>(
  channelName: string,
  tracer: Tracer,
  parents: AsyncLocalStorage<Span>,
  { name, before, after }: Words<C>,
): () => void {
  const channel = tracingChannel<unknown, C>(channelName);
  const spans = new WeakMap<C, Span>();
  // What runs inside has the span as its parent: a change in a wave, a wave in its rollout, a stage in its change.
  channel.start.bindStore(parents, (message) => {
    const given = message;
    const parent = parents.getStore();
    const within = parent === undefined ? context.active() : trace.setSpan(context.active(), parent);
    const span = tracer.startSpan(name(given), { attributes: before(given) }, within);
    spans.set(given, span);
    return span;
  });
  const subscribers = {
    start: () => undefined,
    end: () => undefined,
    asyncStart: () => undefined,
    error: (given: C) => {
      const { error } = given;
      spans.get(given)?.setStatus({ code: SpanStatusCode.ERROR, message: error?.code ?? 'ERROR' });
      if (error !== undefined) spans.get(given)?.recordException(error);
    },
    asyncEnd: (given: C) => {
      spans.get(given)?.setAttributes(after(given)).end();
    },
  };
  channel.subscribe(subscribers);
  return () => {
    channel.unsubscribe(subscribers);
    channel.start.unbindStore(parents);
  };
}
