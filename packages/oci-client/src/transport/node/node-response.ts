import type { IncomingMessage } from "node:http";

import { markUnshared } from "@ocilayout/oci-types/authors";

import type { TimeLimits } from "../options.ts";
import { Progress, TimeLimitError } from "../time-limit.ts";
import type { TransportResponse } from "../transport.ts";
import { ReceivedBlocks } from "./received-blocks.ts";
import type { Received } from "./received-chunks.ts";
import { ReceivedChunks } from "./received-chunks.ts";

/** The most that `discard` reads to keep the connection for the next request, in bytes. */
const DISCARDED_BYTES = 64 * 1024;

/** The longest that `discard` reads, in milliseconds. */
const DISCARD_MS = 2000;

/** How a response is read. */
export interface NodeResponseOptions {
  readonly hasBody: boolean;
  /** Lets the memory of chunks be used again: `TransportRequest.blockBytes`. */
  readonly blockBytes: number | undefined;
  readonly limits: TimeLimits;
  /** Whether another request may use the connection. */
  readonly keepsConnection: boolean;
  /** Called once, when the body was read or dropped. */
  readonly onEnd: () => void;
}

/** A response of Node's client. */
export class NodeResponse implements TransportResponse {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
  readonly #message: IncomingMessage;
  readonly #keepsConnection: boolean;
  readonly #onEnd: () => void;
  readonly #progress: Progress;
  readonly #received: Received;
  #end: { readonly error?: unknown } | undefined;
  #isTaken = false;
  #isWaking = false;
  /** Wakes the reader that waits for the next chunk. */
  #wake: (() => void) | undefined;

  constructor(
    message: IncomingMessage,
    { hasBody, blockBytes, limits, keepsConnection, onEnd }: NodeResponseOptions,
  ) {
    this.status = message.statusCode ?? 0;
    this.body = { [Symbol.asyncIterator]: () => this.#read() };
    if (blockBytes === undefined || (this.status !== 200 && this.status !== 206))
      this.#received = new ReceivedChunks();
    else {
      this.#received = new ReceivedBlocks(blockBytes);
      markUnshared(this.body);
    }
    this.#message = message;
    this.#keepsConnection = keepsConnection;
    this.#onEnd = onEnd;
    this.#progress = new Progress(limits);
    message.on("end", () => {
      this.#finish({});
    });
    message.on("error", (error) => {
      this.#finish({ error });
    });
    message.on("close", () => {
      this.#finish({
        error: Object.assign(new Error("the registry closed the connection"), { code: "ECONNRESET" }),
      });
    });
    // A response without a body is over now. Its caller need not read it to free the connection.
    if (!hasBody || message.headers["content-length"] === "0" || [204, 304].includes(this.status))
      message.resume();
    else {
      message.on("data", (chunk: Uint8Array) => {
        this.#add(chunk);
      });
      message.pause();
    }
  }

  /** Returns the values of a header. */
  header(name: string): readonly string[] {
    const { headersDistinct } = this.#message;
    return Object.hasOwn(headersDistinct, name) ? (headersDistinct[name] ?? []) : [];
  }

  /** Drops the body. A short rest is read, so that the connection can be used again. */
  async discard(): Promise<void> {
    if (this.#end !== undefined) return;
    const length = Number(this.header("content-length")[0] ?? 0);
    if (this.#isTaken || !this.#keepsConnection || length > DISCARDED_BYTES) {
      this.#destroy();
      return;
    }
    const timer = setTimeout(() => {
      this.#destroy();
    }, DISCARD_MS);
    try {
      let left = DISCARDED_BYTES;
      for await (const chunk of this.body) {
        left -= chunk.length;
        if (left < 0) break;
      }
    } catch {
      // The rest is not wanted, and the connection is closed.
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the body with an error. */
  fail(error: unknown): void {
    this.#received.drop();
    this.#finish({ error });
    this.#message.destroy();
  }

  #read(): AsyncIterator<Uint8Array, undefined> {
    if (this.#isTaken) throw new TypeError("the body of a response can be read once");
    this.#isTaken = true;
    return {
      next: async () => {
        // A reader may be woken for bytes that it has taken already.
        while (this.#received.size === 0 && this.#end === undefined) await this.#wait();
        const value = this.#received.take();
        if (value !== undefined) {
          if (this.#received.readsAhead && this.#received.hasRoom) this.#message.resume();
          return { done: false, value };
        }
        if (this.#end !== undefined && "error" in this.#end) throw this.#end.error;
        this.#received.free();
        return { done: true, value: undefined };
      },
      return: async () => {
        this.#destroy();
        return { done: true, value: undefined };
      },
    };
  }

  #add(chunk: Uint8Array): void {
    this.#received.add(chunk);
    if (!this.#received.hasRoom) {
      this.#message.pause();
      this.#wake?.();
    } else if (this.#wake !== undefined && !this.#isWaking) {
      // More may have arrived already. Node reads that before the next turn.
      this.#isWaking = true;
      setImmediate(() => {
        this.#isWaking = false;
        this.#wake?.();
      });
    }
  }

  async #wait(): Promise<void> {
    const ended = this.#progress.wait(() => {
      this.fail(new TimeLimitError("the registry sends the content too slowly"));
    });
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#message.resume();
    });
    this.#wake = undefined;
    ended(this.#received.size);
  }

  #destroy(): void {
    this.#received.drop();
    this.#finish({});
    this.#message.destroy();
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#wake?.();
    this.#onEnd();
  }
}
