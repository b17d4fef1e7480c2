import type { RequestBody } from "../transport/transport.ts";
import type { Place } from "./places.ts";

/** The body of a request over all its attempts. */
export class RepeatableBody {
  readonly #body: RequestBody;
  /** The content for the next attempt. */
  #next: AsyncIterable<Uint8Array> | undefined;
  #wasOpened = false;
  /** Set when the caller's content has failed. */
  failure: { readonly error: unknown } | undefined;

  constructor(body: RequestBody) {
    this.#body = body;
  }

  /** Whether the body can be sent: it is not read yet, or it can be opened again. */
  canSend(): boolean {
    if (!this.#wasOpened) return true;
    this.#next ??= this.#body.open();
    return this.#next !== undefined;
  }

  /** Returns the body for one attempt. */
  for(place: Place): RequestBody {
    return {
      size: this.#body.size,
      open: () => {
        const content = this.#next ?? this.#body.open();
        this.#next = undefined;
        this.#wasOpened = true;
        return content && this.#watched(content, place);
      },
    };
  }

  async *#watched(content: AsyncIterable<Uint8Array>, place: Place): AsyncGenerator<Uint8Array, void> {
    place.unused();
    try {
      for await (const chunk of content) {
        place.used();
        yield chunk;
        place.unused();
      }
    } catch (error) {
      this.failure = { error };
      throw error;
    }
    place.used();
  }
}
