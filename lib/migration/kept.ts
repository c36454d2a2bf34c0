/** How many characters are kept, keys included: each is one byte, or two. */
const MAX_CHARACTERS = 500_000;

/** What else an entry takes, in characters. */
const ENTRY_CHARACTERS = 100;

/** Texts by a key that tells all they hang on. What came first goes first. */
export class Kept {
  readonly #texts = new Map<string, readonly string[]>();
  #characters = 0;

  /** What is kept for the key, or what `write` gives for it. */
  get(key: string, write: () => readonly string[]): readonly string[] {
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const texts = write();
    this.#add(key, texts);
    return texts;
  }

  #add(key: string, texts: readonly string[]): void {
    this.#texts.set(key, texts);
    this.#characters += lengthOf(key, texts);
    // A Map remembers the order.
    for (const [oldest, itsTexts] of this.#texts) {
      if (this.#characters <= MAX_CHARACTERS) return;
      this.#texts.delete(oldest);
      this.#characters -= lengthOf(oldest, itsTexts);
    }
  }
}

function lengthOf(key: string, texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, key.length + ENTRY_CHARACTERS);
}
