import type { Backend, RepositoryCall } from "@ocilayout/oci-backend";

import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import { HashedPrefixes } from "./hashed-prefixes.ts";
import { LayoutUpload } from "./layout-upload.ts";
import { UploadFiles } from "./upload-files.ts";
import type { UploadState } from "./upload-record.ts";

/** How often, at most, the sessions are looked through for expired ones, in milliseconds. */
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
      this.#sweepNowAndThen();
      const upload = await this.#files.create({ repository, algorithm });
      return new LayoutUpload(this.#layout, upload, this.#hashed);
    } catch (error) {
      throw storageError(error, "starting an upload");
    }
  };

  readonly resumeUpload: Required<Backend>["resumeUpload"] = async ({ repository, id }) => {
    try {
      await this.#layout.index.read();
      // Another repository's session is not touched, nor told from one that is not there.
      if (!(await this.#isHere(repository, await this.#files.state(id)))) return undefined;
      const upload = await this.#files.open(id);
      if (upload === undefined || upload === "busy") return upload;
      return new LayoutUpload(this.#layout, upload, this.#hashed);
    } catch (error) {
      throw storageError(error, "resuming an upload");
    }
  };

  readonly findUpload: Required<Backend>["findUpload"] = async ({ repository, id }) => {
    try {
      await this.#layout.index.read();
      const state = await this.#files.state(id);
      return (await this.#isHere(repository, state)) ? state : undefined;
    } catch (error) {
      throw storageError(error, "looking for an upload");
    }
  };

  /** Waits for what is being removed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#sweeping;
  }

  async #isHere(repository: RepositoryCall["repository"], state: UploadState | undefined): Promise<boolean> {
    return state?.repository === repository && state.writtenMs >= (await this.#expiredBeforeMs());
  }

  /** When a session must have been written to last to have expired, by the clock that dates its files. */
  async #expiredBeforeMs(): Promise<number> {
    const { clock, settings } = this.#layout;
    return (await clock.now()) - settings.uploadExpiryMs;
  }

  /** Removes expired sessions, now and then, while the calls go on: there may be thousands of sessions. */
  #sweepNowAndThen(): void {
    const now = performance.now();
    if (now - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = now;
    // What cannot be removed now is removed by the next sweep, or by a garbage collection.
    this.#sweeping = this.#sweep().catch(() => undefined);
  }

  async #sweep(): Promise<void> {
    for (const id of await this.#files.ids()) {
      if (this.#isClosed) return;
      const state = await this.#files.inspect(id);
      if (state === undefined || "unsound" in state) continue;
      const expiredBeforeMs = await this.#expiredBeforeMs();
      if (state.writtenMs < expiredBeforeMs) await this.#files.removeEnded(id, expiredBeforeMs);
    }
  }
}
