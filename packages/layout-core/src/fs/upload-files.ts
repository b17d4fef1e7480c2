import { randomUUID } from "node:crypto";
import { join } from "node:path";

import type { DigestAlgorithm } from "@ocilayout/oci-types";
import { isDigestAlgorithm, isRegistryError, RegistryError } from "@ocilayout/oci-types";

import { isRecord } from "../json.ts";
import { closeQuietly, ensureDirectory, removeQuietly, writeNewFile } from "./atomic-file.ts";
import type { Disk, OpenFile } from "./disk.ts";
import { isAbsent, listIfThere } from "./disk.ts";
import type { LayoutPaths } from "./layout-files.ts";
import { stampNow, stampOf } from "./layout-files.ts";
import type { HeldLock } from "./lock.ts";
import { acquireLock } from "./lock.ts";

/** What was said when an upload session was started. */
export interface UploadRecord {
  readonly repository: string;
  /** The algorithm of the digest that is to come. */
  readonly algorithm: DigestAlgorithm;
}

/** How far an upload session is. */
export interface UploadState extends UploadRecord {
  readonly id: string;
  /** In bytes. */
  readonly size: number;
  /** What tells this state of the received bytes from any other. */
  readonly stamp: string;
  /** When it was last written to, in milliseconds since 1970. */
  readonly writtenMs: number;
}

/** An upload session that is held by one writer: nobody else can open it. */
export interface OpenUpload {
  readonly state: UploadState;
  /** Open for reading and writing. */
  readonly file: OpenFile;
  /** Where the received bytes lie. */
  readonly path: string;
  /** What tells the received bytes, as they are now, from any other. */
  stamp(): string | undefined;
  /** Closes the session and lets others open it. */
  close(): Promise<void>;
  /** Ends the session and removes what is left of it. */
  remove(): Promise<void>;
}

/** An id as it is made here. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Upload sessions as directories: `_uploads/<id>/` with the received bytes in `data`, what was said at the start in
 * `session.json`, and the lock of whoever writes.
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

  /** Whether `name` can be an id: nothing else is ever looked up. */
  isSession(name: string): boolean {
    return ID.test(name);
  }

  /** Where the session `id` lies. */
  directory(id: string): string {
    return join(this.#paths.uploads, id);
  }

  /** Where the lock of whoever has the session `id` lies. */
  lockPath(id: string): string {
    return join(this.directory(id), "lock");
  }

  /** Removes a session that has ended, unless somebody has it. */
  async removeEnded(id: string): Promise<void> {
    const lock = await this.#lock(this.directory(id));
    if (lock === undefined || lock === "busy") return;
    await removeQuietly(this.#disk, join(this.directory(id), "session.json"));
    await lock.release();
    await this.#remove(this.directory(id));
  }

  /** Starts a session and opens it. */
  async create(record: UploadRecord): Promise<OpenUpload> {
    const id = randomUUID();
    const directory = this.directory(id);
    await ensureDirectory(this.#disk, this.#paths.uploads, this.#durable);
    await this.#disk.mkdir(directory);
    try {
      await writeNewFile(this.#disk, join(directory, "data"), async () => undefined);
      await writeNewFile(this.#disk, join(directory, "session.json"), async (file) => {
        await this.#disk.write(file, Buffer.from(JSON.stringify(record)));
      });
      const upload = await this.open(id);
      if (upload !== undefined && upload !== "busy") return upload;
      throw new RegistryError("STORAGE_FAILED", "the upload was removed while it was being made");
    } catch (error) {
      await this.#remove(directory);
      throw error;
    }
  }

  /** Opens a session; `undefined` where there is none, `"busy"` while another writer has it. */
  async open(id: string): Promise<OpenUpload | "busy" | undefined> {
    if (!this.isSession(id)) return undefined;
    const directory = this.directory(id);
    const lock = await this.#lock(directory);
    if (lock === undefined || lock === "busy") return lock;
    let file: OpenFile | undefined;
    try {
      const state = await this.state(id);
      if (state === undefined) {
        await lock.release();
        return undefined;
      }
      file = await this.#disk.open(join(directory, "data"), "r+");
      return this.#opened(state, file, lock);
    } catch (error) {
      if (file !== undefined) await closeQuietly(this.#disk, file);
      await lock.release();
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** How far a session is, whoever has it; `undefined` where there is none. */
  async state(id: string): Promise<UploadState | undefined> {
    if (!this.isSession(id)) return undefined;
    const record = await this.#readRecord(join(this.directory(id), "session.json"));
    const stats = this.#disk.statNow(join(this.directory(id), "data"));
    if (record === undefined || stats?.isFile() !== true) return undefined;
    return { ...record, id, size: Number(stats.size), stamp: stampOf(stats), writtenMs: Number(stats.mtimeMs) };
  }

  /** The sessions there are, in whatever state. */
  async ids(): Promise<string[]> {
    return (await listIfThere(this.#disk, this.#paths.uploads)).map(({ name }) => name).filter((name) => this.isSession(name));
  }

  #opened(state: UploadState, file: OpenFile, lock: HeldLock): OpenUpload {
    const directory = this.directory(state.id);
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
      path: join(directory, "data"),
      stamp: () => stampNow(this.#disk, join(directory, "data")),
      close: () => end(() => lock.release()),
      remove: () =>
        end(async () => {
          try {
            // Without its record it is no session: whoever comes next finds none, not half of one.
            await this.#disk.unlink(join(directory, "session.json"));
          } finally {
            await lock.release();
          }
          await this.#remove(directory);
        }),
    };
  }

  async #lock(directory: string): Promise<HeldLock | "busy" | undefined> {
    try {
      return await acquireLock(this.#disk, join(directory, "lock"), { timeoutMs: 0 });
    } catch (error) {
      if (isRegistryError(error, "LOCK_TIMEOUT")) return "busy";
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** What is left of a session that has ended. What cannot be removed now is removed by `gc`. */
  async #remove(directory: string): Promise<void> {
    const names = await this.#disk.list(directory).catch(() => []);
    for (const { name } of names) await removeQuietly(this.#disk, join(directory, name));
    await this.#disk.rmdir(directory).catch(() => undefined);
  }

  async #readRecord(path: string): Promise<UploadRecord | undefined> {
    let text: string;
    try {
      const file = await this.#disk.open(path, "r");
      try {
        text = (await this.#disk.readFile(file)).toString("utf8");
      } finally {
        await closeQuietly(this.#disk, file);
      }
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
    return parseRecord(text);
  }
}

/** `undefined` where a process was killed while it wrote the record: nobody was told of that session. */
function parseRecord(text: string): UploadRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value)) return undefined;
    const { repository, algorithm } = value;
    if (typeof repository !== "string" || typeof algorithm !== "string" || !isDigestAlgorithm(algorithm)) return undefined;
    return { repository, algorithm };
  } catch {
    return undefined;
  }
}
