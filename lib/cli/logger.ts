import type { Logger, LogRecord } from '..';
import { inCommandWords, withoutAgain } from './command-words';
import { print, printRaw, type Screen } from './world';

/**
 * A logger that writes a line for each warning: a hazard that applied, an attempt that is repeated. What fails in the
 * end is the command's own message. Where asked to, every record, as JSON.
 */
export function loggerOn(screen: Screen, isVerbose: boolean): Logger {
  const write =
    (level: string) =>
    (message: string, record: LogRecord): void => {
      if (isVerbose) printRaw(screen, JSON.stringify({ level, message, ...record }));
      else if (level === 'warn') print(screen, `warning: ${lineOf(message, record)}`);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    isLevelEnabled: (level) => isVerbose || level === 'warn',
  };
}

function lineOf(message: string, { org, table, reason, retryInMs, saferWay }: LogRecord): string {
  const where = [org, table].filter((part) => typeof part === 'string' && part !== '').join('.');
  const next = typeof retryInMs === 'number' ? ` Next attempt in ${retryInMs} ms.` : '';
  const safer = typeof saferWay === 'string' ? ` Safer: ${saferWay}` : '';
  const why = next === '' ? String(reason) : withoutAgain(String(reason));
  return inCommandWords(`${where}: ${message}: ${why}${next}${safer}`, {
    command: '',
    org: typeof org === 'string' ? org : '',
  });
}
