import type { CallOptions } from "@ocilayout/oci-types";

/** The kind of a {@link Finding}. The values are stable, as error codes are. */
export type FindingKind =
  | "damaged-layout"
  | "unreadable-layout"
  | "empty-index"
  | "foreign-entry"
  | "duplicate-ref"
  | "missing-blob"
  | "corrupt-blob"
  | "unreadable-blob"
  | "wrong-size"
  | "wrong-media-type"
  | "docker-manifest"
  | "unlisted-referrer"
  | "damaged-manifest"
  | "unreachable-blob"
  | "stray-file"
  | "stale-upload";

/** One problem that `verify` found. */
export interface Finding {
  /** `"error"`: something cannot be read. `"warning"`: something is unused, or is not understood. */
  readonly severity: "error" | "warning";
  /** The kind of problem. */
  readonly kind: FindingKind;
  /** The blob or manifest that the finding is about. */
  readonly digest?: string | undefined;
  /** The name of the entry that the finding is about, as in `index.json`. */
  readonly refName?: string | undefined;
  /** The file that the finding is about, relative to the layout. */
  readonly path?: string | undefined;
  /** The problem, and what to do about it. */
  readonly message: string;
}

/** Options of {@link LayoutRegistry.verify}. */
export interface VerifyOptions extends CallOptions {
  /** Whether to read and hash every blob. Defaults to true. If false, only names and sizes are compared. */
  readonly content?: boolean | undefined;
  /**
   * Whether missing blobs are warnings instead of errors, for layouts that hold parts of images on purpose. Defaults to
   * the `allowSparse` that the layout was opened with.
   */
  readonly allowSparse?: boolean | undefined;
}

/** {@link VerifyOptions} with all defaults. */
export interface VerifySettings {
  readonly content: boolean;
  readonly allowSparse: boolean;
  readonly signal: AbortSignal | undefined;
}
