import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of the package that this file is in. */
export function version(): string {
  // As far up from lib/cli as from dist/cli.
  const { version: of } = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return of;
}
