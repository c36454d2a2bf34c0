/** A service's own limit for a statement, and how long a black hole lasts: more than the library waits for an answer. */
export const TIME_LIMITS = { statementTimeoutMs: 2000, blackHoleMs: 5000 } as const;
