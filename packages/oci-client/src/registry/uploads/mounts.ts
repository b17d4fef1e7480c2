import type { MountCall } from "@ocilayout/oci-backend";
import { isRegistryError } from "@ocilayout/oci-types";

import type { Scope } from "../../auth/authenticator.ts";
import { sizeOfBlob } from "../blobs/blobs.ts";
import type { Remote } from "../remote/remote.ts";
import { askForHeaders, scopesOf } from "../remote/remote.ts";
import { deleteUpload, uploadLocation, uploadsPath } from "./requests.ts";

/** The most uploads of failed mounts that are kept for a push. */
const MAX_STARTED = 16;

/** How long the upload of a failed mount is kept for a push, in milliseconds. */
const KEPT_MS = 30_000;

/** An upload that a registry started because it could not mount. */
interface Started {
  readonly repository: string;
  readonly location: URL;
  readonly startedMs: number;
}

/**
 * Mounts blobs (end-11). A registry that cannot mount starts an upload instead. The next push of that blob uses it, and
 * others are cancelled.
 */
export class Mounts {
  readonly #remote: Remote;
  readonly #started: Map<string, Started> = new Map();

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /** Mounts a blob. Returns its size in bytes, or `undefined` if the registry does not mount it. */
  async mount(call: MountCall): Promise<number | undefined> {
    const { from, repository, digest, signal } = call;
    const query = new URLSearchParams({ mount: digest });
    if (from !== undefined) query.set("from", this.#remote.nameOf(from));
    try {
      const response = await askForHeaders(
        this.#remote,
        {
          method: "POST",
          target: `${uploadsPath(this.#remote, repository)}?${query.toString()}`,
          scopes: this.#scopes(repository, from),
          signal,
        },
        [201, 202],
        { 404: "BLOB_UNKNOWN" },
      );
      if (response.status === 201) return await sizeOfBlob(this.#remote, call);
      this.#keep(repository, digest, uploadLocation(this.#remote, response));
      return undefined;
    } catch (error) {
      // The source is missing, or the credentials may not read it. A push can still succeed.
      if (isRegistryError(error, "UNAUTHORIZED", "DENIED", "BLOB_UNKNOWN", "NAME_UNKNOWN")) return undefined;
      throw error;
    }
  }

  /** Returns the upload that a failed mount of this blob started, once. */
  take(repository: string, digest: string): URL | undefined {
    const key = keyOf(repository, digest);
    const found = this.#started.get(key);
    this.#started.delete(key);
    if (found === undefined || Date.now() - found.startedMs < KEPT_MS) return found?.location;
    void this.#cancel(found);
    return undefined;
  }

  /** Cancels the uploads that no push used. */
  async close(): Promise<void> {
    const left = [...this.#started.values()];
    this.#started.clear();
    await Promise.all(left.map((started) => this.#cancel(started)));
  }

  /** The target needs pull and push; the source needs pull. */
  #scopes(repository: string, from: string | undefined): readonly Scope[] {
    const target = scopesOf(this.#remote, repository, "pull", "push");
    return from === undefined || from === repository
      ? target
      : [...target, ...scopesOf(this.#remote, from, "pull")];
  }

  #keep(repository: string, digest: string, location: URL): void {
    const key = keyOf(repository, digest);
    const old =
      this.#started.get(key) ?? (this.#started.size < MAX_STARTED ? undefined : first(this.#started));
    if (old !== undefined) void this.#cancel(old);
    this.#started.set(key, { repository, location, startedMs: Date.now() });
  }

  async #cancel(started: Started): Promise<void> {
    for (const [key, it] of this.#started) if (it === started) this.#started.delete(key);
    // If the registry cannot cancel it now, it expires.
    await deleteUpload(
      { remote: this.#remote, repository: started.repository, signal: undefined },
      started.location,
    ).catch(() => undefined);
  }
}

function first(started: ReadonlyMap<string, Started>): Started | undefined {
  for (const it of started.values()) return it;
  return undefined;
}

function keyOf(repository: string, digest: string): string {
  return `${repository}@${digest}`;
}
