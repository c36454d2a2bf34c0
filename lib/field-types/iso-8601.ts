const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?$/;
const OFFSET = /(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d)$/;

/** `2024-02-29`: a day that exists, in the years 0001 to 9999. */
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

/** Not instanceof: a Date from another realm will do too. */
export function isDateObject(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

const FROM_SERVER = /^(\d{4,})-(\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00( BC)?$/;

/**
 * A moment that the server wrote (ISO, in UTC), as a text that we accept: in a year that {@link isDate} accepts, if
 * necessary with an offset. Undefined for infinity, and if no offset helps.
 */
export function instantFromServer(text: string): string | undefined {
  const [, year = '', day = '', time = '', fraction, bc] = FROM_SERVER.exec(text) ?? [];
  if (year === '') return undefined;
  const number = bc === undefined ? Number(year) : 1 - Number(year);
  // If it is in another year in UTC, it was given with an offset.
  const hours = number < 1 ? 15 : number > 9999 ? -15 : 0;
  const moment = new Date(`${extended(number)}-${day}T${time}Z`);
  const local = new Date(moment.getTime() + hours * 3_600_000).toISOString().slice(0, 19);
  const offset = hours === 0 ? 'Z' : `${hours < 0 ? '-' : '+'}15:00`;
  const instant = `${local}${fraction === undefined ? '' : `.${fraction}`}${offset}`;
  return isInstant(instant) ? instant : undefined;
}

/** ECMAScript's years beyond four digits. */
function extended(year: number): string {
  return year >= 0 && year <= 9999
    ? String(year).padStart(4, '0')
    : `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
}

/** The moment of a text in microseconds: adds the digits that Date leaves out. */
export function microsecondsOf(instant: string): bigint {
  const [, before = '', fraction = '', offset = ''] = /^(.{10}T[\d:]+)(?:\.(\d+))?(.*)$/.exec(instant) ?? [];
  const seconds = before.length === 16 ? `${before}:00` : before;
  return BigInt(new Date(`${seconds}${offset}`).getTime()) * 1000n + BigInt(fraction.padEnd(6, '0'));
}
