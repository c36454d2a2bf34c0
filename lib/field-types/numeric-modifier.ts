import { AND_BITS, MINUS, SHIFTED_RIGHT, XOR_BITS } from '../sql/qualified-sql';

/** Of a numeric that keeps every digit. */
export const NO_MODIFIER = -1;

/** As the catalog keeps it (`atttypmod`): the precision above the scale, four too high. */
export function modifierOf(precision: number, scale: number): number {
  return precision * 65_536 + scale + 4;
}

/** Eleven bits below the precision, the first of which is the sign: from PostgreSQL 15 a scale may be below zero. */
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
