import type { DigestAlgorithm } from "@ocilayout/oci-types";
import { isDigestAlgorithm } from "@ocilayout/oci-types";

import { isRecord } from "@ocilayout/oci-types/authors";

/** The parameters with which an upload session was started. */
export interface UploadRecord {
  readonly repository: string;
  /** The algorithm of the digest that the client will send. */
  readonly algorithm: DigestAlgorithm;
}

/** The state of an upload session. */
export interface UploadState extends UploadRecord {
  readonly id: string;
  /** In bytes. */
  readonly size: number;
  /** Identifies this state of the received bytes. */
  readonly stamp: string;
  /** The time of the last write, in milliseconds since 1970. */
  readonly writtenMs: number;
}

/**
 * Parses `session.json`.
 *
 * @returns `undefined` if it is incomplete: its process was killed during the write, before a caller received the id.
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
