/** The number of uploads that are remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * The uploads with an interrupted request or a digest mismatch. Their clients may not know the offset, so content needs
 * a `Content-Range`. Otherwise a retry from the beginning would be appended.
 */
export class BrokenUploads {
  readonly #keys: Set<string> = new Set();

  add(repository: string, id: string): void {
    this.#keys.add(keyOf(repository, id));
    const [oldest] = this.#keys;
    if (this.#keys.size > MAX_REMEMBERED && oldest !== undefined) this.#keys.delete(oldest);
  }

  has(repository: string, id: string): boolean {
    return this.#keys.has(keyOf(repository, id));
  }

  delete(repository: string, id: string): void {
    this.#keys.delete(keyOf(repository, id));
  }
}

function keyOf(repository: string, id: string): string {
  return `${repository}\n${id}`;
}
