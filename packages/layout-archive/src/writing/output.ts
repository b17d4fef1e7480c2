/** Where the bytes of an archive go. */
export interface Output {
  /** Whether the output may keep a block after its write has resolved, so that its memory must not be used again. */
  readonly keepsBlocks: boolean;
  /** Writes blocks after those before them. Not called while another write is pending. */
  write(...blocks: readonly Uint8Array[]): Promise<void>;
  /** Makes the archive visible, after its last block. */
  finish(): Promise<void>;
  /** Drops the archive. Never rejects. */
  abort(reason: unknown): Promise<void>;
}
