import type { TimeLimits } from "./options.ts";
import { Progress, TimeLimitError } from "./time-limit.ts";
import type { TransportResponse } from "./transport.ts";

/** How a response is read. */
export interface FetchResponseOptions {
  readonly limits: TimeLimits;
  /** Ends the request. */
  readonly running: AbortController;
  /** Called once, when the body was read or dropped. */
  readonly onEnd: () => void;
}

/** A response of `fetch`. Values of a header that were sent in several lines are joined with commas. */
export class FetchResponse implements TransportResponse {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
  readonly #response: Response;
  readonly #options: FetchResponseOptions;
  #isEnded = false;

  constructor(response: Response, options: FetchResponseOptions) {
    this.status = response.status;
    this.#response = response;
    this.#options = options;
    this.body = { [Symbol.asyncIterator]: () => this.#read() };
    if (response.body === null) this.#end();
  }

  /** Returns the value of a header. */
  header(name: string): readonly string[] {
    const value = this.#response.headers.get(name);
    return value === null ? [] : [value];
  }

  /** Drops the body. */
  async discard(): Promise<void> {
    if (this.#isEnded) return;
    this.#end();
    this.#options.running.abort(new Error("the body of the response is not wanted"));
  }

  #read(): AsyncIterator<Uint8Array, undefined> {
    if (this.#response.body === null) return { next: async () => ({ done: true, value: undefined }) };
    const { running, limits } = this.#options;
    const progress = new Progress(limits);
    const reader = this.#response.body.getReader();
    return {
      next: async () => {
        const ended = progress.wait(() => {
          running.abort(new TimeLimitError("the registry sends the content too slowly"));
        });
        try {
          const { done, value } = await reader.read();
          ended(value?.length ?? 0);
          if (!done) return { done: false, value };
          this.#end();
          return { done: true, value: undefined };
        } catch (error) {
          ended(0);
          this.#end();
          throw running.signal.aborted ? (running.signal.reason as unknown) : error;
        }
      },
      return: async () => {
        await this.discard();
        return { done: true, value: undefined };
      },
    };
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#options.onEnd();
  }
}
