import type { Change } from '../../lib';
import type { ChangeKind } from '../../lib/plan/operations';

/** Examples of one operation, one for each variant: documented, and compared with a server. */
export type ExamplesOf<K extends ChangeKind> = readonly {
  readonly variant: string;
  readonly change: Extract<Change, { readonly kind: K }>;
}[];
