// How long clients waited for each answer.

export interface Latencies {
  /** Answers. */
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /** What waited for the longest: a few words of it, and when it was sent, from the beginning of the span. */
  readonly longest: { readonly sql: string; readonly afterMs: number };
}

/** A time span of the clock `performance.now`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Samples {
  /** @param at when the statement was sent */
  add(at: number, ms: number, sql: string): void;
  /** Of the statements that were under way at some time of the span. */
  within(span: Span): Latencies;
  /** The longest wait in each `binMs` of the span, by when it ended, in milliseconds; 0 where nothing was answered. */
  longestBy(span: Span, binMs: number): readonly number[];
}

const WORDS = 40;

export function newSamples(): Samples {
  const sentAt: number[] = [];
  const took: number[] = [];
  const texts: string[] = [];
  return {
    add: (at, ms, sql) => {
      sentAt.push(at);
      took.push(ms);
      texts.push(sql.slice(0, WORDS));
    },
    within: ({ from, to }) => {
      const isIn = (ms: number, index: number): boolean => {
        const at = sentAt[index] as number;
        return at < to && at + ms > from;
      };
      const waits = [...took.entries()].filter(([index, ms]) => isIn(ms, index)).sort(([, a], [, b]) => a - b);
      const quantile = (q: number): number => waits[Math.max(0, Math.ceil(waits.length * q) - 1)]?.[1] ?? NaN;
      const [last = 0] = waits.at(-1) ?? [];
      return {
        count: waits.length,
        p50Ms: quantile(0.5),
        p99Ms: quantile(0.99),
        longestMs: quantile(1),
        longest: { sql: texts[last] ?? '', afterMs: (sentAt[last] ?? NaN) - from },
      };
    },
    longestBy: ({ from, to }, binMs) => {
      const bins = Array.from({ length: Math.ceil((to - from) / binMs) }, () => 0);
      for (const [index, ms] of took.entries()) {
        const bin = Math.floor(((sentAt[index] as number) + ms - from) / binMs);
        if (bin >= 0 && bin < bins.length) bins[bin] = Math.max(bins[bin] as number, ms);
      }
      return bins;
    },
  };
}
