/**
 * Limits of a spec. It may come straight from a request, so a spec that is too large is refused before any work
 * is done on it. Each limit is far above what a table needs.
 */
export const BOUNDS = {
  /** Of one text: a default, a comment, a value of an Enum, base64, a key. In bytes of UTF-8. */
  textBytes: 2_000_000,
  /** Of all texts of a call together, in bytes of UTF-8. */
  allTextBytes: 16_000_000,
  /** Of all values of a call together. What is used twice counts twice, as in its JSON. */
  values: 500_000,
  /** Nested objects and lists in a Json default: the server reads jsonb recursively. */
  defaultDepth: 100,
  /** The same for a whole change, in which a default is inside a field, a list and a model. */
  depth: 120,
  /** Fields, values of an Enum, indexes. PostgreSQL refuses more than 1,600 columns by itself. */
  listItems: 5000,
  /** Changes, or models, in one call. */
  changes: 10_000,
  /** Faults that one error lists. */
  faults: 100,
} as const;
