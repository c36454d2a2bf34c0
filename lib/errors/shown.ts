/**
 * Characters that a terminal obeys instead of showing: control characters, changes of text direction, line and
 * format characters, and unpaired surrogates.
 */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Longer names and keys are cut off when shown. */
const MAX_SHOWN_CHARACTERS = 80;

/** A text as one line that a terminal shows literally: a change of direction becomes `\u{202e}`. */
export function shown(text: string): string {
  return text.replace(OBEYED, escaped);
}

/** The same for a text with line breaks of our own, which stay. */
export function shownLines(text: string): string {
  return text.replace(OBEYED, (character) => (character === '\n' ? character : escaped(character)));
}

/** The beginning of a name or key, which may be megabytes long. */
export function shownBeginning(text: string): string {
  if (text.length <= MAX_SHOWN_CHARACTERS) return shown(text);
  return `${shown(text.slice(0, MAX_SHOWN_CHARACTERS))}…`;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
