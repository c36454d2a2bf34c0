/** By code unit, unlike localeCompare, whose order depends on the locale of the machine. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
