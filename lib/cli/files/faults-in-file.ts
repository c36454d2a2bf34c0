import type { Fault, MigrationError } from '../..';
import { inCommandWords } from '../command-words';
import { isOfOption, RefusedError } from '../failures';
import type { JsonFile, Path } from './json-file';

/** A part of a file, and what checks it. */
export interface Part {
  readonly at: Path;
  readonly check: () => void;
}

/** Checks every part of a file, and says all that is wrong in one error, each with its line and its path. */
export function refuseFaults(file: JsonFile, parts: readonly Part[]): void {
  const lines = parts.flatMap(({ at, check }) => faultsOf(check).map((fault) => lineFor(file, at, fault)));
  if (lines.length > 0) throw new RefusedError(lines.join('\n'));
}

function faultsOf(check: () => void): readonly Fault[] {
  try {
    check();
    return [];
  } catch (error) {
    const { name, code, faults, message } = error as MigrationError;
    // An org and an option are not in the file.
    const isElsewhere = faults === undefined ? code === 'INVALID_IDENTIFIER' : faults.some(isOfOption);
    if (name !== 'MigrationError' || isElsewhere) throw error;
    return faults ?? [{ path: '', message }];
  }
}

function lineFor(file: JsonFile, at: Path, { path, message }: Fault): string {
  const whole = [...at, ...keysIn(path)];
  const place = whole.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  return `${file.name}:${file.lineOf(whole)}: ${place === '' ? '' : `${place.replace(/^\./, '')}: `}${inCommandWords(message, { command: '' })}`;
}

/** `fields[2].name` as its keys. */
function keysIn(path: string): Path {
  return [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([key, index]) => (index === undefined ? key : Number(index)));
}
