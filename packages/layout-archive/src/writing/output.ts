import type { BlockOutput } from "../file/block-writer.ts";

/** Where the bytes of an archive go. */
export interface Output extends BlockOutput {
  /** Makes the archive visible, after its last block. */
  finish(): Promise<void>;
  /** Drops the archive. Never rejects. */
  abort(reason: unknown): Promise<void>;
}
