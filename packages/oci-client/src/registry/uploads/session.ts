import type { UploadSession } from "@ocilayout/oci-backend";
import { unknownUpload } from "@ocilayout/oci-backend";
import type { CheckedDigest } from "@ocilayout/oci-types";
import { isRegistryError, octetStream, RegistryError } from "@ocilayout/oci-types";

import type { RegistryResponse } from "../../requests/registry-client.ts";
import { readErrors } from "../../requests/read-errors.ts";
import { bytesBody } from "../remote/body.ts";
import { countOf, headerOf, uploadedBytes } from "../remote/headers.ts";
import { scopesOf } from "../remote/remote.ts";
import type { UploadPlace } from "./requests.ts";
import { deleteUpload, putUpload, requireEmptyBlobs, uploadCodes, uploadLocation } from "./requests.ts";

/** The smallest chunk that is tried when a registry rejects larger ones, in bytes. */
const SMALLEST_CHUNK = 64 * 1024;

/** The number of times that a chunk is sent anew without progress. */
const MAX_TRIES = 4;

/** The callbacks of a session. */
export interface SessionEvents {
  /** Returns the id for the newest address. */
  readonly idOf: (location: URL) => string;
  /** Called once, when the session is free for another writer. */
  readonly onEnd: (session: RemoteUpload) => void;
}

/** Where a session begins. */
export interface SessionStart {
  readonly location: URL;
  /** The number of bytes that the registry has. */
  readonly size: number;
  /** The smallest chunk that the registry accepts, except for the last one, in bytes. */
  readonly minChunk: number;
}

/**
 * An upload session at a registry. Each write is one PATCH or several (end-5), so what was written is at the registry.
 * Only if the registry wants larger chunks, smaller ones are collected first.
 */
export class RemoteUpload implements UploadSession {
  ended?: "committed" | "cancelled" | undefined;
  readonly #place: UploadPlace;
  readonly #events: SessionEvents;
  readonly #minChunk: number;
  #location: URL;
  #size: number;
  /** The largest chunk that the registry accepts, in bytes. */
  #maxChunk = Infinity;
  #waiting: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(place: UploadPlace, events: SessionEvents, { location, size, minChunk }: SessionStart) {
    this.#place = place;
    this.#events = events;
    this.#location = location;
    this.#size = size;
    this.#minChunk = minChunk;
  }

  get id(): string {
    return this.#events.idOf(this.#location);
  }

  get size(): number {
    return this.#size + this.#waiting.length;
  }

  /** The newest address. */
  get location(): URL {
    return this.#location;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#minChunk === 0) return this.#send(chunk);
    const joined = new Uint8Array(this.#waiting.length + chunk.length);
    joined.set(this.#waiting);
    joined.set(chunk, this.#waiting.length);
    this.#waiting = joined;
    if (joined.length >= this.#minChunk) await this.#flush();
  }

  async commit(digest: CheckedDigest, signal: AbortSignal | undefined): Promise<void> {
    await this.#flush();
    if (this.#size === 0) requireEmptyBlobs(this.#place.remote);
    try {
      await putUpload({ ...this.#place, signal }, this.#location, digest);
      this.#end("committed");
    } catch (error) {
      signal?.throwIfAborted();
      // Many registries end a session whose content has another digest. Others then fail each request about it.
      const isWrong = isRegistryError(error, "DIGEST_INVALID");
      const left = await this.#status().catch(() => (isWrong ? "unknown" : undefined));
      if (left === "unknown") this.#end("cancelled");
      throw error;
    }
  }

  async cancel(): Promise<void> {
    // The writer may have been aborted, and still must not leave a session.
    await deleteUpload({ ...this.#place, signal: undefined }, this.#location);
    this.#end("cancelled");
  }

  async close(): Promise<void> {
    try {
      if (this.#waiting.length > 0) await this.#flush();
    } catch {
      // The bytes are lost, and the size of the session shows that.
    } finally {
      this.#events.onEnd(this);
    }
  }

  #end(how: "committed" | "cancelled"): void {
    this.ended = how;
    this.#events.onEnd(this);
  }

  async #flush(): Promise<void> {
    const chunk = this.#waiting;
    if (chunk.length === 0) return;
    this.#waiting = new Uint8Array();
    await this.#send(chunk);
  }

  /** Sends a chunk in as many requests as the registry needs. */
  async #send(chunk: Uint8Array): Promise<void> {
    const end = this.#size + chunk.length;
    const begin = this.#size;
    for (let tries = 0; this.#size < end;) {
      const before = this.#size;
      const rest = chunk.subarray(this.#size - begin);
      const cause = await this.#patch(rest.subarray(0, Math.min(rest.length, this.#maxChunk)));
      if (this.#size < begin || this.#size > end) throw this.#broken(cause);
      tries = this.#size > before ? 0 : tries + 1;
      if (tries === MAX_TRIES) throw this.#broken(cause);
    }
  }

  /** Sends one PATCH and learns how many bytes the registry has. Returns the error if the chunk has to be sent anew. */
  async #patch(chunk: Uint8Array): Promise<unknown> {
    const { remote, repository, signal } = this.#place;
    let response: RegistryResponse;
    try {
      response = await remote.client.send({
        method: "PATCH",
        target: this.#location,
        scopes: scopesOf(remote, repository, "pull", "push"),
        headers: {
          "content-type": octetStream,
          "content-range": `${this.#size}-${this.#size + chunk.length - 1}`,
        },
        body: bytesBody(chunk),
        signal,
      });
    } catch (error) {
      signal?.throwIfAborted();
      // The connection broke. Some of the chunk, or all of it, may have arrived.
      if (!isRegistryError(error, "REMOTE_FAILED")) throw error;
      await this.#refresh();
      return error;
    }
    const { status } = response;
    if (status === 416 || status === 413) {
      const error = await readErrors(response, { codes: uploadCodes });
      await this.#refresh();
      if (chunk.length <= SMALLEST_CHUNK && status === 413) throw error;
      this.#maxChunk = Math.max(SMALLEST_CHUNK, Math.floor(chunk.length / 2));
      return error;
    }
    if (status !== 202 && status !== 201 && status !== 204)
      throw await readErrors(response, { codes: uploadCodes });
    await response.discard();
    const moved = uploadedBytes(response) ?? this.#size + chunk.length;
    if (moved === this.#size && chunk.length > 1)
      throw new RegistryError("UNSUPPORTED", "the registry accepts no chunks: push the blob in one request");
    // `Range: 0-0` also means one byte.
    this.#size = moved === this.#size ? this.#size + chunk.length : moved;
    if (headerOf(response, "location") !== undefined) this.#location = uploadLocation(remote, response);
    return undefined;
  }

  /** Asks the registry how many bytes it has. */
  async #refresh(): Promise<void> {
    if ((await this.#status()) === "unknown") {
      this.#end("cancelled");
      throw unknownUpload();
    }
  }

  async #status(): Promise<"known" | "unknown"> {
    const status = await askStatus(this.#place, this.#location);
    if (status === undefined) return "unknown";
    this.#location = status.location;
    // `Range: 0-0` does not distinguish no byte from one, so the size that this process knows stays.
    if (status.size > 0 || this.#size !== 1) this.#size = status.size;
    return "known";
  }

  #broken(cause: unknown): RegistryError {
    return new RegistryError(
      "REMOTE_FAILED",
      `cannot continue the upload: the registry stopped at byte ${this.#size}`,
      {
        cause,
      },
    );
  }
}

/** Asks for the address and the size of an upload (end-13). Returns `undefined` if the registry does not know it. */
export async function askStatus(
  { remote, repository, signal }: UploadPlace,
  location: URL,
): Promise<{ readonly location: URL; readonly size: number } | undefined> {
  const response = await remote.client.send({
    method: "GET",
    target: location,
    scopes: scopesOf(remote, repository, "pull", "push"),
    signal,
  });
  if (response.status === 404) {
    await response.discard();
    return undefined;
  }
  if (response.status !== 204 && response.status !== 202 && response.status !== 200)
    throw await readErrors(response, { codes: uploadCodes });
  await response.discard();
  const next = headerOf(response, "location") === undefined ? location : uploadLocation(remote, response);
  return { location: next, size: uploadedBytes(response) ?? 0 };
}

/** Returns the smallest chunk that a registry accepts, in bytes (end-4a). */
export function minChunkOf(response: RegistryResponse): number {
  return countOf(headerOf(response, "oci-chunk-min-length")) ?? 0;
}
