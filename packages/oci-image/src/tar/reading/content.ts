import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

/** Reads the next chunk. Returns `undefined` at the end. */
export type PullChunk = () => Promise<Uint8Array | undefined>;

type Result = IteratorResult<Uint8Array, undefined>;

const DONE: Result = { done: true, value: undefined };

/** The content of an entry. It can be read once, and only before the next entry is requested. */
export class EntryContent implements AsyncIterable<Uint8Array, undefined> {
  readonly #path: string;
  readonly #pull: PullChunk;
  #state: "unread" | "open" | "ended" | "passed" = "unread";
  #lastRead: Promise<unknown> = Promise.resolve();

  constructor(path: string, pull: PullChunk) {
    this.#path = path;
    this.#pull = pull;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    this.#requireCurrent();
    if (this.#state !== "unread") throw new TypeError("the content of an entry can be read only once");
    this.#state = "open";
    return {
      next: () => this.#next(),
      return: async () => {
        if (this.#state === "open") this.#state = "ended";
        return DONE;
      },
    };
  }

  /** Forbids reading from now on. Resolves when the reads that have begun are over. */
  async pass(): Promise<void> {
    this.#state = "passed";
    await this.#lastRead;
  }

  /** Reads in order, also if the caller does not await. */
  async #next(): Promise<Result> {
    this.#requireCurrent();
    const read = this.#lastRead.then(() => this.#read());
    this.#lastRead = read.catch(() => undefined);
    return read;
  }

  async #read(): Promise<Result> {
    const value = this.#state === "ended" ? undefined : await this.#pull();
    if (value !== undefined) return { done: false, value };
    if (this.#state === "open") this.#state = "ended";
    return DONE;
  }

  #requireCurrent(): void {
    if (this.#state !== "passed") return;
    throw new RegistryError(
      "CLOSED",
      `cannot read the content of ${excerpt(this.#path)}: the next entry was requested`,
    );
  }
}
