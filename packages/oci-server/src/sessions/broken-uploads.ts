/** How many uploads are remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * The uploads in which a request ended before its body did, or which have another digest than was said. The client of such
 * an upload may not know how far it is, so that content is added only with a `Content-Range`: what is sent again from its
 * beginning must not be appended.
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
