import type { Backend, RepositoryCall } from "@ocilayout/oci-backend";

import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import { HashedPrefixes } from "./hashed-prefixes.ts";
import { LayoutUpload } from "./layout-upload.ts";
import { UploadFiles } from "./upload-files.ts";
import type { UploadState } from "./upload-record.ts";

/** The shortest time between two searches for expired sessions, in milliseconds. */
const SWEEP_MS = 600_000;

/** The upload sessions of a layout. */
export class LayoutUploads implements Required<Pick<Backend, "startUpload" | "resumeUpload" | "findUpload">> {
  readonly #layout: Layout;
  readonly #files: UploadFiles;
  readonly #hashed: HashedPrefixes = new HashedPrefixes();
  #sweptMs = Number.NEGATIVE_INFINITY;
  #sweeping: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#files = new UploadFiles(layout.disk, layout.paths, layout.settings);
  }

  readonly startUpload: Required<Backend>["startUpload"] = async ({ repository, algorithm }) => {
    try {
      await this.#layout.index.read();
      await this.#sweepNowAndThen();
      const upload = await this.#files.create({ repository, algorithm });
      return new LayoutUpload(this.#layout, upload, this.#hashed);
    } catch (error) {
      throw storageError(error, "start the upload");
    }
  };

  readonly resumeUpload: Required<Backend>["resumeUpload"] = async ({ repository, id }) => {
    try {
      await this.#layout.index.read();
      // A session of another repository is not touched, and looks like a missing one.
      if (!(await this.#isHere(repository, await this.#files.state(id)))) return undefined;
      const upload = await this.#files.open(id);
      if (upload === undefined || upload === "busy") return upload;
      return new LayoutUpload(this.#layout, upload, this.#hashed);
    } catch (error) {
      throw storageError(error, "resume the upload");
    }
  };

  readonly findUpload: Required<Backend>["findUpload"] = async ({ repository, id }) => {
    try {
      await this.#layout.index.read();
      const state = await this.#files.state(id);
      return (await this.#isHere(repository, state)) ? state : undefined;
    } catch (error) {
      throw storageError(error, "look up the upload");
    }
  };

  /** Waits for a search in progress. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#sweeping;
  }

  async #isHere(repository: RepositoryCall["repository"], state: UploadState | undefined): Promise<boolean> {
    return state?.repository === repository && state.writtenMs >= (await this.#expiredBeforeMs());
  }

  /** Returns the time before which an expired session was last written, by the clock that dates its files. */
  async #expiredBeforeMs(): Promise<number> {
    const { clock, settings } = this.#layout;
    return (await clock.now()) - settings.uploadExpiryMs;
  }

  /** Removes the expired sessions of now in the background, because there may be thousands of them. */
  async #sweepNowAndThen(): Promise<void> {
    const now = performance.now();
    if (now - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = now;
    // The next search, or a garbage collection, removes what could not be removed now.
    const ids = await this.#files.ids().catch(() => []);
    this.#sweeping = this.#sweep(ids).catch(() => undefined);
  }

  async #sweep(ids: Iterable<string>): Promise<void> {
    for (const id of ids) {
      if (this.#isClosed) return;
      const state = await this.#files.inspect(id);
      if (state === undefined || "unsound" in state) continue;
      const expiredBeforeMs = await this.#expiredBeforeMs();
      if (state.writtenMs < expiredBeforeMs) await this.#files.removeEnded(id, expiredBeforeMs);
    }
  }
}
