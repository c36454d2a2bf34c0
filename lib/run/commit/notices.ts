import type { Connection } from '../wire/send';

/** The parts of pg's connection that report the server's notices. */
interface Notices {
  on?(event: 'notice', listener: (notice: Notice) => void): unknown;
  off?(event: 'notice', listener: (notice: Notice) => void): unknown;
}

export interface Notice {
  readonly routine?: string;
  readonly code?: string;
  readonly message?: string;
}

/** Hears the server's notices on a connection until the function that it returns is called. */
export function listenToNotices(connection: Connection, listen: (notice: Notice) => void): () => void {
  const notices = connection as Notices;
  notices.on?.('notice', listen);
  return () => notices.off?.('notice', listen);
}
