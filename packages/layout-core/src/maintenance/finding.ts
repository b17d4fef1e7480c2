import type { CallOptions } from "@ocilayout/oci-types";

/** What kind of thing {@link Finding} tells of. Stable, as codes are. */
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

/** One thing that is not as it should be. */
export interface Finding {
  /** `"error"`: something cannot be read. `"warning"`: something is of no use, or not understood. */
  readonly severity: "error" | "warning";
  /** What kind of thing it is. */
  readonly kind: FindingKind;
  /** The blob or manifest it is about. */
  readonly digest?: string | undefined;
  /** The name of the entry it is about, as it stands in `index.json`. */
  readonly refName?: string | undefined;
  /** The file it is about, within the layout. */
  readonly path?: string | undefined;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** Options of {@link LayoutRegistry.verify}. */
export interface VerifyOptions extends CallOptions {
  /** Whether every blob is read and hashed. Default true; without, only names and sizes are compared. */
  readonly content?: boolean | undefined;
  /** Whether missing blobs are warnings: the layout holds parts of images on purpose. Default as the layout was opened. */
  readonly allowSparse?: boolean | undefined;
}

/** {@link VerifyOptions}, complete. */
export interface VerifySettings {
  readonly content: boolean;
  readonly allowSparse: boolean;
  readonly signal: AbortSignal | undefined;
}
