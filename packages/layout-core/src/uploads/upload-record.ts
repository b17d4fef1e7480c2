import type { DigestAlgorithm } from "@ocilayout/oci-types";
import { isDigestAlgorithm } from "@ocilayout/oci-types";

import { isRecord } from "@ocilayout/oci-types/authors";

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

/**
 * Reads what `session.json` says.
 *
 * @returns `undefined` if a process was killed while it wrote the record: no caller was told of that session.
 */
export function parseUploadRecord(bytes: Uint8Array): UploadRecord | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!isRecord(value)) return undefined;
    const { repository, algorithm } = value;
    if (typeof repository !== "string" || typeof algorithm !== "string" || !isDigestAlgorithm(algorithm))
      return undefined;
    return { repository, algorithm };
  } catch {
    return undefined;
  }
}
