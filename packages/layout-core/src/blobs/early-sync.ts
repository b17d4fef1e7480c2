import type { Disk, OpenFile } from "../disk/disk.ts";

/** How many bytes are written before the first flush begins. */
export const SYNC_BYTES: number = 4 * 1024 * 1024;
/** The largest number of bytes that are written before a later flush begins. */
const MOST_SYNC_BYTES = 32 * 1024 * 1024;

/**
 * Flushes a file while it is written. The disk works while the rest is received and hashed, so that little is left to
 * flush at the end. The first flush is early, and a large file is flushed less often. A failed flush fails the whole write
 * and is not retried, because the system may mark pages clean that it could not write.
 */
export class EarlySync {
  readonly #disk: Disk;
  readonly #file: OpenFile;
  readonly #durable: boolean;
  #written = 0;
  #unflushed = 0;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param durable - If false, nothing is flushed. */
  constructor(disk: Disk, file: OpenFile, durable: boolean) {
    this.#disk = disk;
    this.#file = file;
    this.#durable = durable;
  }

  /** Whether a flush failed. Then the content of the file cannot be trusted, even if a later flush succeeds. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Records that `bytes` bytes were written. */
  wrote(bytes: number): void {
    this.#written += bytes;
    this.#unflushed += bytes;
    const enough = Math.min(Math.max(SYNC_BYTES, this.#written / 4), MOST_SYNC_BYTES);
    if (!this.#durable || this.#running !== undefined || this.#unflushed < enough) return;
    this.#unflushed = 0;
    this.#running = this.#flush();
  }

  async #flush(): Promise<void> {
    try {
      await this.#disk.sync(this.#file);
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#running = undefined;
    }
  }

  /** Waits until everything written is on the disk. */
  async end(): Promise<void> {
    await this.settle();
    if (this.#durable && this.#failure === undefined) await this.#flush();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits for the current flush, if any. The file must not be closed before. */
  async settle(): Promise<void> {
    await this.#running;
  }
}
