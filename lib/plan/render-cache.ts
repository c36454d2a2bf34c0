/** How many characters are kept in all, keys included. On the heap that is two megabytes at most. */
const MAX_CHARACTERS = 500_000;

/** One tenant's long default must not drive out what all others use. */
const MAX_ENTRY_CHARACTERS = MAX_CHARACTERS / 20;

/** What else an entry takes, in characters. */
const OVERHEAD_CHARACTERS = 300;

/** Texts by a key that tells all they hang on. What came first goes first. */
export class RenderedTexts {
  readonly #texts = new Map<string, readonly string[]>();
  #characters = 0;

  /** What is kept for the key, or what `render` gives for it. */
  get(key: string, render: () => readonly string[]): readonly string[] {
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const texts = render();
    if (charactersOf(key, texts) <= MAX_ENTRY_CHARACTERS) this.#add(key, texts);
    return texts;
  }

  #add(key: string, texts: readonly string[]): void {
    this.#texts.set(key, texts);
    this.#characters += charactersOf(key, texts);
    // A Map remembers the order.
    for (const [oldest, itsTexts] of this.#texts) {
      if (this.#characters <= MAX_CHARACTERS) return;
      this.#texts.delete(oldest);
      this.#characters -= charactersOf(oldest, itsTexts);
    }
  }
}

function charactersOf(key: string, texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, key.length + OVERHEAD_CHARACTERS);
}
