/** A change that an operation can be asked for, documented and proved against a server. */
export interface Example<S> {
  readonly variant: string;
  readonly change: S;
}
