import { AND_BITS, MINUS, SHIFTED_RIGHT, XOR_BITS } from '../sql/qualified-sql';

/** The modifier of a numeric that keeps every digit. */
export const NO_MODIFIER = -1;

/** As in the catalog (`atttypmod`): the precision in the high bits, the scale in the low ones, plus four. */
export function modifierOf(precision: number, scale: number): number {
  return precision * 65_536 + scale + 4;
}

/** The eleven bits below the precision, the first of which is the sign: from PostgreSQL 15 on, a scale can be negative. */
export function scaleIn(modifier: number): number {
  return (((modifier - 4) & 2047) ^ 1024) - 1024;
}

/** The same in SQL. */
export function scaleSql(modifier: string): string {
  return `((((${modifier} ${MINUS} 4) ${AND_BITS} 2047) ${XOR_BITS} 1024) ${MINUS} 1024)`;
}

export function precisionSql(modifier: string): string {
  return `((${modifier} ${MINUS} 4) ${SHIFTED_RIGHT} 16)`;
}
