import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import { onAbort } from "@ocilayout/oci-types/authors";

import { openCounted } from "../counted-body.ts";
import type { TimeLimits } from "../options.ts";
import { asDelay, headerLimit } from "../options.ts";
import { Progress, TimeLimitError } from "../time-limit.ts";
import type { RequestBody, TransportRequest, TransportResponse } from "../transport.ts";
import { NodeResponse } from "./node-response.ts";

/** The size of a write, in bytes. */
const PIECE_BYTES = 64 * 1024;

/** One request and its response. */
export class Exchange {
  readonly #request: TransportRequest;
  readonly #limits: TimeLimits;
  #client: ClientRequest | undefined;
  #response: NodeResponse | undefined;
  /** Set when the exchange has failed. The reason of a signal may be any value. */
  #failure: { readonly error: unknown } | undefined;
  #reject: (error: unknown) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #forgetSignal: () => void = () => undefined;
  #source: AsyncIterator<Uint8Array> | undefined;
  #sent = 0;
  #isSent: boolean;
  #isDone = false;

  /** Called once, when the connection is free or closed. */
  onDone: () => void = () => undefined;

  constructor(request: TransportRequest, limits: TimeLimits) {
    this.#request = request;
    this.#limits = limits;
    this.#isSent = request.body === undefined;
  }

  /** Sends the request. Resolves when the headers of the response have arrived. */
  async run(client: ClientRequest): Promise<TransportResponse> {
    this.#client = client;
    const { signal, body } = this.#request;
    return new Promise<TransportResponse>((resolve, reject) => {
      this.#reject = reject;
      // Once there is a response, it reports the error itself, after the bytes that have arrived.
      client.on("error", (error) => {
        if (this.#response === undefined) this.fail(error);
      });
      client.on("close", () => {
        if (this.#response === undefined) this.fail(hangUp());
      });
      client.once("response", (message) => {
        resolve(this.#answer(message));
      });
      this.#limit(
        this.#limits.connectMs,
        () => new TimeLimitError("the registry cannot be reached in time", true),
      );
      client.once("socket", (socket) => {
        whenReady(client, socket, () => {
          this.#connected(body);
        });
      });
      if (signal !== undefined) {
        this.#forgetSignal = onAbort(signal, () => {
          this.fail(signal.reason);
        });
      }
      // Without a body the headers go out now. With one they go out with its first chunk.
      if (body === undefined) client.end();
    });
  }

  /** Ends the exchange. A response that was handed out fails too. */
  fail(error: unknown): void {
    if (this.#isDone || this.#failure !== undefined) return;
    this.#failure = { error };
    this.#response?.fail(error);
    this.#reject(error);
    this.#stopSource();
    this.#client?.destroy();
    this.#done();
  }

  #connected(body: RequestBody | undefined): void {
    if (this.#isDone || this.#response !== undefined) return;
    clearTimeout(this.#timer);
    if (body === undefined) this.#waitForHeaders();
    else
      void this.#sendBody(body).catch((error: unknown) => {
        this.fail(error);
      });
  }

  async #sendBody(body: RequestBody): Promise<void> {
    const source = openCounted(body)[Symbol.asyncIterator]();
    this.#source = source;
    const progress = new Progress(this.#limits);
    // The registry is not at fault if the source is slow, so only the writes are timed.
    for (let next = await source.next(); next.done !== true; next = await source.next()) {
      if (this.#isStopped()) return;
      // In pieces, because the time limits count the bytes of whole writes.
      for (let at = 0; at < next.value.length; at += PIECE_BYTES) {
        const piece = next.value.subarray(at, at + PIECE_BYTES);
        await this.#write(piece, progress);
        this.#sent += piece.length;
        if (this.#isStopped()) return;
      }
    }
    this.#source = undefined;
    if (this.#isStopped()) return;
    this.#isSent = true;
    this.#client?.end();
    if (this.#response === undefined) this.#waitForHeaders();
  }

  /** Resolves when the system has the bytes, which also ends when the exchange does. */
  async #write(chunk: Uint8Array, progress: Progress): Promise<void> {
    const ended = progress.wait(() => {
      this.fail(new TimeLimitError("the registry takes the content too slowly"));
    });
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#client?.write(chunk, () => {
        resolve();
      });
    });
    ended(chunk.length);
  }

  /** Ends the wait of a write that will never be answered. */
  #wake: () => void = () => undefined;

  /** Whether the rest of the body is not wanted. */
  #isStopped(): boolean {
    return this.#isDone || (this.#response !== undefined && this.#isEarly());
  }

  /** Whether the response came before the whole body was sent. */
  #isEarly(): boolean {
    return !this.#isSent && this.#sent !== this.#request.body?.size;
  }

  #answer(message: IncomingMessage): TransportResponse {
    clearTimeout(this.#timer);
    const isEarly = this.#isEarly();
    const response = new NodeResponse(message, {
      hasBody: this.#request.method !== "HEAD",
      blockBytes: this.#request.blockBytes,
      limits: this.#limits,
      // The registry may still expect the rest of the body, so no other request can use this connection.
      keepsConnection: !isEarly,
      onEnd: () => {
        if (isEarly) this.#client?.destroy();
        this.#done();
      },
    });
    this.#response = response;
    if (isEarly) this.#stopSource();
    return response;
  }

  #waitForHeaders(): void {
    this.#limit(
      headerLimit(this.#limits, this.#request.method),
      () => new TimeLimitError("the registry does not answer in time"),
    );
  }

  #limit(ms: number, error: () => Error): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.fail(error());
    }, asDelay(ms));
  }

  /** Lets the source of the body free what it holds. It may be busy, so nothing waits for it. */
  #stopSource(): void {
    const source = this.#source;
    this.#source = undefined;
    this.#wake();
    void Promise.resolve(source?.return?.()).catch(() => undefined);
  }

  #done(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    clearTimeout(this.#timer);
    this.#forgetSignal();
    this.#wake();
    this.onDone();
  }
}

/** Calls `ready` when the connection is made: for TLS, after the handshake. */
function whenReady(client: ClientRequest, socket: Socket, ready: () => void): void {
  if (client.reusedSocket || isReady(socket)) ready();
  else socket.once("encrypted" in socket ? "secureConnect" : "connect", ready);
}

function isReady(socket: Socket): boolean {
  if (!("encrypted" in socket)) return !socket.connecting;
  // The last message of the handshake. The name of the protocol is known before.
  return (socket as TLSSocket).getPeerFinished() !== undefined;
}

function hangUp(): Error {
  return Object.assign(new Error("the registry closed the connection"), { code: "ECONNRESET" });
}
