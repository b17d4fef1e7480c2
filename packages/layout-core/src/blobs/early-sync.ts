import type { Disk, OpenFile } from "../disk/disk.ts";

/** How much is written before the disk is asked for it, in bytes. */
export const SYNC_BYTES: number = 32 * 1024 * 1024;

/**
 * Flushes a file while it is written: the disk works while the rest is received and hashed, and little is left to wait for
 * at the end. A flush that failed is not tried again, for the system may call clean what it could not write: it fails the
 * whole.
 */
export class EarlySync {
  readonly #disk: Disk;
  readonly #file: OpenFile;
  readonly #durable: boolean;
  #unflushed = 0;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param durable - Where false, nothing is ever flushed. */
  constructor(disk: Disk, file: OpenFile, durable: boolean) {
    this.#disk = disk;
    this.#file = file;
    this.#durable = durable;
  }

  /** Whether a flush failed: what the file holds is not to be trusted then, whatever a later one says. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Takes note of so many bytes that were written. */
  wrote(bytes: number): void {
    this.#unflushed += bytes;
    if (!this.#durable || this.#running !== undefined || this.#unflushed < SYNC_BYTES) return;
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

  /** Waits until all that was written is on the disk. */
  async end(): Promise<void> {
    await this.settle();
    if (this.#durable && this.#failure === undefined) await this.#flush();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits for the flush that is under way, if one is: before that the file must not be closed. */
  async settle(): Promise<void> {
    await this.#running;
  }
}
