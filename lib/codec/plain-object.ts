/** An object literal, or the result of JSON.parse. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Every realm (a vm context, a jest test) has its own Object.prototype, whose prototype is null.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * A plain object, or an instance of a caller's class (a DTO), whose own properties count. The contents of a
 * list, a Date, a Map and the like are not in own properties.
 */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]';
}
