import { Writable } from 'node:stream';
import { createLogger, format, transports } from 'winston';
import type { Logger } from '../../lib';

function ignore(): void {
  // A test that is not about the log has no use for it.
}

/** For the option `logger` of what is not about the log. */
export const quiet: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export interface RecordedLog {
  readonly logger: Logger;
  /** Each line, parsed. */
  records(): Record<string, unknown>[];
  /** The lines as they were written. */
  text(): string;
}

/** A real winston that writes its lines here. */
export function recordedLog(level = 'info'): RecordedLog {
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger({
    level,
    format: format.combine(format.timestamp(), format.json()),
    transports: [new transports.Stream({ stream })],
  });
  return {
    logger,
    records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => lines.join(''),
  };
}
