/**
 * What a terminal obeys instead of showing it: control characters, those that turn the direction of text,
 * those that end a line or format it, and halves of surrogate pairs.
 */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A longer name or key is cut off where it is shown. */
const MAX_SHOWN_CHARACTERS = 80;

/** A text as one line that a terminal shows as it is: `\u{202e}` for what turns the direction. */
export function shown(text: string): string {
  return text.replace(OBEYED, escaped);
}

/** The same for a text of several lines that are ours: line feeds stay. */
export function shownLines(text: string): string {
  return text.replace(OBEYED, (character) => (character === '\n' ? character : escaped(character)));
}

/** The beginning of what may be megabytes: a name, a key. */
export function shownBeginning(text: string): string {
  if (text.length <= MAX_SHOWN_CHARACTERS) return shown(text);
  return `${shown(text.slice(0, MAX_SHOWN_CHARACTERS))}…`;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
