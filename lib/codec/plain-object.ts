/** An object literal or what JSON.parse gives. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Every realm (a vm context, a jest test) has its own Object.prototype; the prototype of each is null.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * A plain object, or an instance of a class of the caller's (a DTO), of which the own properties count. A
 * list, a Date, a Map and the like have a content that is in no property.
 */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]';
}
