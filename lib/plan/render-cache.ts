/** The most characters that are cached, including keys: at most two megabytes of heap. */
const MAX_CHARACTERS = 500_000;

/** A long default of one tenant must not evict what all others use. */
const MAX_ENTRY_CHARACTERS = MAX_CHARACTERS / 20;

/** The overhead of an entry, in characters. */
const OVERHEAD_CHARACTERS = 300;

/** FIFO cache; the key must contain everything that the text depends on. */
export class RenderedTexts {
  readonly #texts = new Map<string, readonly string[]>();
  #characters = 0;

  /** The cached text of the key, or the result of `render`. */
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
    // A Map keeps insertion order.
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
