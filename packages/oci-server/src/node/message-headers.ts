import type { HeaderFields } from "../http/incoming.ts";

/**
 * The headers of a message of `node:http`. They replace `Headers`, which Node loads together with `fetch`: that alone would take
 * most of the time of the first answer.
 */
export class MessageHeaders implements HeaderFields {
  /** Names and values in turn, as the client sent them. */
  readonly #raw: readonly string[];
  readonly #values: Map<string, string> = new Map();

  constructor(rawHeaders: readonly string[]) {
    this.#raw = rawHeaders;
    for (const [name, value] of this) {
      const key = name.toLowerCase();
      const earlier = this.#values.get(key);
      this.#values.set(key, earlier === undefined ? value : `${earlier}, ${value}`);
    }
  }

  /** Returns the value of a header, or `null`. */
  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null;
  }

  /** Whether a header is present. */
  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  /** Yields each header line. */
  *[Symbol.iterator](): Generator<readonly [string, string], void, undefined> {
    for (let i = 0; i < this.#raw.length; i += 2) yield [this.#raw[i] ?? "", this.#raw[i + 1] ?? ""];
  }

  /** Returns the same headers as `Headers`. */
  toHeaders(): Headers {
    const headers = new Headers();
    for (const [name, value] of this) headers.append(name, value);
    return headers;
  }
}
