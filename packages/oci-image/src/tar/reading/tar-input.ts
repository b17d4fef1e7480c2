/** The bytes of an archive, from which headers are read in order. */
export interface TarInput {
  /** The offset of the next byte in the archive. */
  readonly offset: number;
  /** Whether the next `length` bytes are in memory. */
  has(length: number): boolean;
  /** Brings the next `length` bytes into memory, or fewer at the end of the archive. Returns a promise if that must wait. */
  fill(length: number): Promise<void> | undefined;
  /** Returns the next `length` bytes in memory, or fewer, and moves behind them. They are valid until the next call. */
  take(length: number): Uint8Array;
  /**
   * Moves forward to `offset`. Returns a promise if that must wait.
   *
   * @throws `RegistryError` `ARCHIVE_INVALID` if the archive ends before.
   */
  seek(offset: number): Promise<void> | undefined;
}
