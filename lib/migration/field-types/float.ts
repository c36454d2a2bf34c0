import { literal } from '../literal';
import { codecOf, fieldType } from './field-type';

/** `double precision`: exactly JavaScript's number. */
export const floatType = fieldType({
  defaultCodec: () =>
    codecOf('double', (value) =>
      typeof value === 'number' && Number.isFinite(value) ? { kept: value } : { fault: 'must be a finite number' },
    ),
  defaultSql: (kept) => literal(kept as number),
  column: (table, { name }) => table.double(name),
  catalogName: () => 'double precision',
});
