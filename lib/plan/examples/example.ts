/** A change as an example of an operation, documented and compared with a server. */
export interface Example<S> {
  readonly variant: string;
  readonly change: S;
}
