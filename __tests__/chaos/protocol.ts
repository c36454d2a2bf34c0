// PostgreSQL's frontend/backend protocol 3, as far as a proxy has to understand it (manual, chapter "Frontend/Backend
// Protocol"): every message but a client's first is a letter, its length with itself counted, and that much content.

export interface Message {
  /** The letter; empty for the first message of a client. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** Puts the messages of one direction together again, however the network has cut them into chunks. */
export function messageReader(from: 'client' | 'server'): (chunk: Buffer) => Message[] {
  let rest: Buffer = Buffer.alloc(0);
  let letter = from === 'client' ? 0 : 1;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const messages: Message[] = [];
    while (rest.length >= letter + 4) {
      const end = letter + rest.readInt32BE(letter);
      if (rest.length < end) break;
      messages.push({ type: rest.toString('latin1', 0, letter), bytes: rest.subarray(0, end) });
      rest = rest.subarray(end);
      letter = 1;
    }
    return messages;
  };
}

/** A question is complete with a simple Query or with the Sync of an extended one. */
export function endsQuestion({ type }: Message): boolean {
  return type === 'Q' || type === 'S';
}

/** The parts of an extended question come one by one, and are of no use before its Sync. */
export function isPartOfQuestion({ type }: Message): boolean {
  return ['P', 'B', 'D', 'E', 'C'].includes(type);
}

/** The SQL of a Query or a Parse. */
export function sqlOf(messages: readonly Message[]): string {
  for (const { type, bytes } of messages) {
    if (type === 'Q') return textAt(bytes, 5);
    // Parse: the name of the prepared statement comes first.
    if (type === 'P') return textAt(bytes, bytes.indexOf(0, 5) + 1);
  }
  return '';
}

/** The process that a BackendKeyData names. */
export function pidOf({ bytes }: Message): number {
  return bytes.readInt32BE(5);
}

function textAt(bytes: Buffer, start: number): string {
  return bytes.toString('utf8', start, bytes.indexOf(0, start));
}
