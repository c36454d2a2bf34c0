/** A service's own limit for a statement, and how long a black hole lasts: more than the library waits for an answer. */
export const TIME_LIMITS = process.env.CITUS_URL
  ? // A server of Citus takes longer to start.
    { statementTimeoutMs: 6000, blackHoleMs: 9000 }
  : { statementTimeoutMs: 2000, blackHoleMs: 5000 };
