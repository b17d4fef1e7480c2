import { dirname, resolve } from "node:path";

import {
  afterCommit,
  closeQuietly,
  createFile,
  EarlySync,
  nodeDisk,
  removeQuietly,
  storageError,
  syncDirectory,
  temporaryBeside,
  type OpenFile,
} from "@ocilayout/layout-core/authors";
import { wasClosed } from "@ocilayout/oci-backend";
import { RegistryError } from "@ocilayout/oci-types";

import type { Output } from "./output.ts";

/** A file that appears when the archive is complete. Until then, a file with its name stays as it is. */
export class FileOutput implements Output {
  readonly keepsBlocks = false;
  readonly #path: string;
  readonly #temporary: string;
  readonly #held: { file: OpenFile | undefined };
  readonly #durable: boolean;
  readonly #early: EarlySync;

  private constructor(path: string, temporary: string, file: OpenFile, durable: boolean) {
    this.#path = path;
    this.#temporary = temporary;
    this.#held = { file };
    this.#durable = durable;
    this.#early = new EarlySync(nodeDisk, file, durable);
  }

  /**
   * Creates a temporary file beside `path`.
   *
   * @param durable - Whether the archive survives a power failure.
   * @throws `RegistryError` `STORAGE_FAILED` if that fails, or if `path` is something else than a file or a link.
   */
  static async create(path: string, durable: boolean): Promise<FileOutput> {
    const target = resolve(path);
    try {
      const found = nodeDisk.lstatNow(target);
      if (found !== undefined && !found.isFile() && !found.isSymbolicLink())
        throw new RegistryError("STORAGE_FAILED", "cannot write the archive: its path is not that of a file");
      const temporary = temporaryBeside(target);
      return new FileOutput(target, temporary, await createFile(nodeDisk, temporary), durable);
    } catch (error) {
      throw storageError(error, "create the archive");
    }
  }

  async write(block: Uint8Array): Promise<void> {
    try {
      await nodeDisk.write(this.#requireOpen(), block);
    } catch (error) {
      throw storageError(error, "write the archive");
    }
    this.#early.wrote(block.length);
  }

  async finish(): Promise<void> {
    try {
      await this.#early.end();
      const file = this.#requireOpen();
      this.#held.file = undefined;
      await nodeDisk.close(file);
      await nodeDisk.rename(this.#temporary, this.#path);
    } catch (error) {
      throw storageError(error, "write the archive");
    }
    if (this.#durable)
      await afterCommit("the archive was written", () => syncDirectory(nodeDisk, dirname(this.#path)));
  }

  async abort(): Promise<void> {
    await this.#early.settle();
    const { file } = this.#held;
    this.#held.file = undefined;
    if (file !== undefined) await closeQuietly(nodeDisk, file);
    await removeQuietly(nodeDisk, this.#temporary);
  }

  #requireOpen(): OpenFile {
    const { file } = this.#held;
    if (file === undefined) throw wasClosed("this archive");
    return file;
  }
}
