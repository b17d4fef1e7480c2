import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { passUnshared } from "@ocilayout/oci-types/authors";

import { failedAt } from "../transport/failed-host.ts";
import type { TransportResponse } from "../transport/transport.ts";
import type { Place } from "./places.ts";
import type { RegistryResponse } from "./registry-client.ts";
import { systemCode } from "./retry.ts";

/** The resources of a response. */
export interface Tracking {
  readonly url: URL;
  readonly place: Place;
  readonly signal: AbortSignal;
  /** Whether the body is empty, or not wanted. */
  readonly isEmpty: boolean;
  /** Whether the body is content. The bodies of other responses are short, and do not keep the place. */
  readonly isDownload: boolean;
  /** Called once, when the body was read or dropped. */
  readonly onEnd: () => void;
}

/** A response that keeps its place among the requests until its body was read, and whose errors have codes. */
export class TrackedResponse implements RegistryResponse {
  readonly url: URL;
  readonly body: AsyncIterable<Uint8Array>;
  readonly #response: TransportResponse;
  readonly #tracking: Tracking;
  #isEnded = false;

  constructor(response: TransportResponse, tracking: Tracking) {
    this.url = tracking.url;
    this.#response = response;
    this.#tracking = tracking;
    this.body = passUnshared(response.body, {
      [Symbol.asyncIterator]: () => (tracking.isEmpty ? nothing : this.#read()),
    });
    if (tracking.isEmpty) this.#end();
    else if (tracking.isDownload) tracking.place.unused();
    else tracking.place.leave();
  }

  /** Returns the status. */
  get status(): number {
    return this.#response.status;
  }

  /** Returns the values of a header. */
  header(name: string): readonly string[] {
    return this.#response.header(name);
  }

  /** Drops the body. */
  async discard(): Promise<void> {
    try {
      await this.#response.discard();
    } finally {
      this.#end();
    }
  }

  #read(): AsyncIterator<Uint8Array, undefined> {
    const { place, signal, url } = this.#tracking;
    const chunks = this.#response.body[Symbol.asyncIterator]();
    return {
      next: async () => {
        place.used();
        try {
          const next = await chunks.next();
          if (next.done !== true) {
            place.unused();
            return { done: false, value: next.value };
          }
        } catch (error) {
          this.#end();
          throw signal.aborted ? (signal.reason as unknown) : asRemoteFailure(error, url);
        }
        this.#end();
        return { done: true, value: undefined };
      },
      return: async () => {
        await chunks.return?.();
        this.#end();
        return { done: true, value: undefined };
      },
    };
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#tracking.place.leave();
    this.#tracking.onEnd();
  }
}

const nothing: AsyncIterator<Uint8Array, undefined> = {
  next: async () => ({ done: true, value: undefined }),
};

/**
 * Returns the error with a code for an error of the transport. Its message names the host and port.
 *
 * @param url - The address of the request, if the transport does not remember the address that failed.
 */
export function asRemoteFailure(error: unknown, url: URL): unknown {
  if (isRegistryError(error)) return error;
  const code = systemCode(error);
  const reason =
    error instanceof Error && error.name === "TimeLimitError" ? error.message : "the connection failed";
  return new RegistryError(
    "REMOTE_FAILED",
    `cannot use ${(failedAt(error) ?? url).host}: ${reason}${code === undefined ? "" : ` (${code})`}`,
    {
      cause: error,
      ...(code === undefined ? {} : { detail: { systemCode: code } }),
    },
  );
}
