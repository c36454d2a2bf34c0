/** An object literal or what JSON.parse gives. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Every realm (a vm context, a jest test) has its own Object.prototype; the prototype of each is null.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
