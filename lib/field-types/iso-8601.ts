const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?$/;
const OFFSET = /(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d)$/;

/** `2024-02-29`: a day that was or will be, in the years 0001 to 9999. */
export function isDate(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  return year !== undefined && year > 0 && day !== undefined && day > 0 && day <= daysIn(year, month ?? 0);
}

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

/** `23:59`, `23:59:59`, `23:59:59.999999`: PostgreSQL keeps microseconds and would round the rest. */
export function isTime(text: string): boolean {
  return TIME.test(text);
}

/** `2024-02-29T23:59:59.999Z`, or with an offset such as `+02:00`. */
export function isInstant(text: string): boolean {
  const offset = OFFSET.exec(text);
  if (offset === null || text[10] !== 'T') return false;
  return isDate(text.slice(0, 10)) && isTime(text.slice(11, offset.index));
}

/** A valid Date in the years that the text forms cover, as text. */
export function instantOf(value: unknown): string | undefined {
  if (!isDateObject(value) || Number.isNaN(value.getTime())) return undefined;
  const text = value.toISOString();
  return isInstant(text) ? text : undefined;
}

/** Not instanceof: a Date of another realm is one too. */
export function isDateObject(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}
