/** What happened in a round, for the one that went wrong. */
export interface Trace {
  readonly lines: readonly string[];
  note(text: string): void;
}

export function newTrace(): Trace {
  const lines: string[] = [];
  const startedAt = performance.now();
  return {
    lines,
    note: (text) => {
      const at = (performance.now() - startedAt).toFixed(1).padStart(8);
      lines.push(`${at} ms  ${text.replaceAll(/\s+/g, ' ').slice(0, 200)}`);
    },
  };
}
