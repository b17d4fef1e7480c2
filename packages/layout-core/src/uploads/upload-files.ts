import { randomUUID } from "node:crypto";
import { join } from "node:path";

import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import { closeQuietly, removeQuietly } from "../disk/atomic-file.ts";
import type { Disk, OpenFile } from "../disk/disk.ts";
import { isAbsent, isFileFault, listIfThere } from "../disk/disk.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { ownNames, stampOf } from "../disk/layout-files.ts";
import type { HeldLock } from "../lock/lock.ts";
import { acquireLock } from "../lock/lock.ts";
import type { OwnDirectory } from "../disk/own-directory.ts";
import {
  createDirectoryIn,
  createIn,
  findDirectory,
  isUnmoved,
  listDirectory,
  makeDirectory,
  removeOwn,
  requireUnmoved,
  unlessUnsound,
} from "../disk/own-directory.ts";
import { openRegularFile, readSmallFile, requireOneName } from "../disk/regular-file.ts";
import { Reserve } from "../lock/reserve.ts";
import { storageError } from "../disk/storage-error.ts";
import type { UploadRecord, UploadState } from "./upload-record.ts";
import { parseUploadRecord } from "./upload-record.ts";

/** Why a session cannot be used. Such a session is left unchanged. */
export interface UnsoundUpload {
  readonly unsound: string;
}

/** An upload session that one writer holds exclusively. */
export interface OpenUpload {
  readonly state: UploadState;
  /** Open for reading and writing. */
  readonly file: OpenFile;
  /** The path of the file with the received bytes. */
  readonly path: string;
  /** Identifies the state of the received bytes. Never throws. */
  stamp(): string | undefined;
  /** Whether the open file is still the one at `path`. */
  isInPlace(): Promise<boolean>;
  /** Closes the session, and lets others open it. */
  close(): Promise<void>;
  /** Ends the session, and removes its files. */
  remove(): Promise<void>;
}

/** The format of an id. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The names of a session's files. Beside the lock there are the records and claims of processes that wait for it. */
const SESSION_FILE = /^(?:data|session\.json|lock|lock\..+\.(?:tmp|claim))$/;

/**
 * Upload sessions as directories. `_uploads/<id>/` has the received bytes in `data`, the parameters of the session in
 * `session.json`, and the lock of its writer.
 *
 * If `_uploads` or a part of a session is a link, or not the expected file or directory, every method but
 * {@link inspect} and {@link removeEnded} fails with `LAYOUT_INVALID`.
 */
export class UploadFiles {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #durable: boolean;

  constructor(disk: Disk, paths: LayoutPaths, settings: { readonly durable: boolean }) {
    this.#disk = disk;
    this.#paths = paths;
    this.#durable = settings.durable;
  }

  /** Whether `name` can be an id. Other names are never looked up. */
  isSession(name: string): boolean {
    return ID.test(name);
  }

  /** Returns the directory of the session `id`. */
  directory(id: string): string {
    return join(this.#paths.uploads, id);
  }

  /** Returns the path of the lock of the session `id`. */
  lockPath(id: string): string {
    return join(this.directory(id), "lock");
  }

  /**
   * Removes a session that has ended, unless another writer holds it or it has unexpected files. Returns whether it was
   * removed.
   *
   * @param endedBeforeMs - The session must have been written before this time; so must the lock of a writer that
   * cannot be judged.
   */
  async removeEnded(id: string, endedBeforeMs: number): Promise<boolean> {
    const isRemoved = await unlessUnsound(async () => {
      const session = this.#find(id);
      const lock =
        session === undefined
          ? undefined
          : await this.#lock(session, endedBeforeMs, new Reserve(this.#disk, this.#paths));
      if (session === undefined || lock === undefined || lock === "busy") return false;
      if (isUnmoved(this.#disk, session)) await removeQuietly(this.#disk, join(session.path, "session.json"));
      await lock.release();
      await removeOwn(this.#disk, session, SESSION_FILE);
      return true;
    });
    return isRemoved ?? false;
  }

  /** Starts a session and opens it. */
  async create(record: UploadRecord): Promise<OpenUpload> {
    const id = randomUUID();
    const uploads = await makeDirectory(this.#disk, this.#paths.uploads, ownNames.uploads, this.#durable);
    const session = await createDirectoryIn(this.#disk, uploads, id);
    try {
      await this.#write(session, "data", "");
      await this.#write(session, "session.json", JSON.stringify(record));
      const upload = await this.open(id);
      if (upload !== undefined && upload !== "busy") return upload;
      throw new RegistryError("STORAGE_FAILED", "cannot start the upload: another process removed it");
    } catch (error) {
      await removeOwn(this.#disk, session, SESSION_FILE);
      throw error;
    }
  }

  /** Opens a session. Returns `undefined` if it does not exist, `"busy"` if another writer holds it. */
  async open(id: string): Promise<OpenUpload | "busy" | undefined> {
    const session = this.#find(id);
    if (session === undefined) return undefined;
    const lock = await this.#lock(session);
    if (lock === undefined || lock === "busy") return lock;
    let file: OpenFile | undefined;
    try {
      const state = await this.state(id);
      const data = join(session.path, "data");
      const opened =
        state === undefined
          ? undefined
          : await openRegularFile(this.#disk, data, `${session.name}/data`, "write");
      file = opened?.file;
      if (opened !== undefined) requireOneName(opened.stats, `${session.name}/data`);
      requireUnmoved(this.#disk, session);
      if (state !== undefined && file !== undefined) return this.#opened(state, session, file, lock);
    } catch (error) {
      if (file !== undefined) await closeQuietly(this.#disk, file);
      await lock.release();
      throw error;
    }
    await lock.release();
    return undefined;
  }

  /** Returns the state of a session, whichever writer holds it; `undefined` if it does not exist. */
  async state(id: string): Promise<UploadState | undefined> {
    const session = this.#find(id);
    if (session === undefined) return undefined;
    const read = await readSmallFile(
      this.#disk,
      join(session.path, "session.json"),
      `${session.name}/session.json`,
    );
    const record = read === undefined ? undefined : parseUploadRecord(read.bytes);
    const stats = this.#disk.lstatNow(join(session.path, "data"));
    if (stats?.isFile() === false)
      throw new RegistryError("LAYOUT_INVALID", `${session.name}/data is not a regular file`);
    if (stats !== undefined) requireOneName(stats, `${session.name}/data`);
    if (record === undefined || stats === undefined) return undefined;
    return {
      ...record,
      id,
      size: Number(stats.size),
      stamp: stampOf(stats),
      writtenMs: Number(stats.mtimeMs),
    };
  }

  /**
   * Inspects a session for a call that is not about it, so that its problems do not fail that call.
   *
   * @returns Its state; `undefined` if it is incomplete; a description of the problem, without host paths, if it is
   * invalid.
   */
  async inspect(id: string): Promise<UploadState | UnsoundUpload | undefined> {
    try {
      const session = this.#find(id);
      for (const entry of session === undefined ? [] : await listIfThere(this.#disk, session.path)) {
        const name = `${session?.name ?? ""}/${entry.name}`;
        if (!SESSION_FILE.test(entry.name)) return { unsound: `${name} is not a file of an upload session` };
        if (!entry.isFile()) return { unsound: `${name} is not a regular file` };
      }
      return await this.state(id);
    } catch (error) {
      const failure = storageError(error, `read _uploads/${id}`);
      if (isRegistryError(failure, "LAYOUT_INVALID") || isFileFault(error))
        return { unsound: (failure as Error).message };
      throw error;
    }
  }

  /** Lists the ids of all sessions, whatever their state. */
  async ids(): Promise<string[]> {
    const names = await listDirectory(this.#disk, this.#paths.uploads, ownNames.uploads);
    return names.map(({ name }) => name).filter((name) => this.isSession(name));
  }

  #opened(state: UploadState, session: OwnDirectory, file: OpenFile, lock: HeldLock): OpenUpload {
    const path = join(session.path, "data");
    let isOpen = true;
    const end = async (finish: () => Promise<void>): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      await closeQuietly(this.#disk, file);
      await finish();
    };
    return {
      state,
      file,
      path,
      stamp: () => {
        try {
          const stats = this.#disk.lstatNow(path);
          return stats === undefined ? undefined : stampOf(stats);
        } catch {
          return undefined; // The next writer then hashes all of it again.
        }
      },
      isInPlace: async () => {
        const [open, found] = [await this.#disk.fstat(file), this.#disk.lstatNow(path)];
        return isUnmoved(this.#disk, session) && found?.ino === open.ino && found.dev === open.dev;
      },
      close: () => end(() => lock.release()),
      remove: () =>
        end(async () => {
          try {
            // Remove the record first: a session without it does not exist for other calls.
            if (isUnmoved(this.#disk, session)) await this.#disk.unlink(join(session.path, "session.json"));
          } finally {
            await lock.release();
          }
          await removeOwn(this.#disk, session, SESSION_FILE);
        }),
    };
  }

  /** Returns the directory of a session; `undefined` if it does not exist. */
  #find(id: string): OwnDirectory | undefined {
    if (!this.isSession(id) || findDirectory(this.#disk, this.#paths.uploads, ownNames.uploads) === undefined)
      return undefined;
    return findDirectory(this.#disk, this.directory(id), `_uploads/${id}`);
  }

  async #lock(
    session: OwnDirectory,
    abandonedBeforeMs?: number,
    reserve?: Reserve,
  ): Promise<HeldLock | "busy" | undefined> {
    try {
      return await acquireLock(this.#disk, join(session.path, "lock"), {
        timeoutMs: 0,
        abandonedBeforeMs,
        reserve,
      });
    } catch (error) {
      if (isRegistryError(error, "LOCK_TIMEOUT")) return "busy";
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async #write(session: OwnDirectory, name: string, text: string): Promise<void> {
    const file = await createIn(this.#disk, session, name);
    try {
      await this.#disk.write(file, Buffer.from(text));
    } finally {
      await this.#disk.close(file);
    }
  }
}
