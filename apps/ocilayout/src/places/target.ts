import type { LayoutStore } from "@ocilayout/layout-core";
import type { Registry } from "@ocilayout/oci-types";

/**
 * The access that a verb needs:
 *
 * - `"read"`: only read.
 * - `"change"`: also write to an existing layout or registry.
 * - `"create"`: also create a layout.
 */
export type Purpose = "read" | "change" | "create";

/** The default name for the repository of bare tags. */
export const DEFAULT_REPOSITORY: string = "default";

/** The meaning of the text of a place. */
export interface Target {
  readonly kind: "layout" | "tree" | "archive" | "remote";
  /** The text as the user wrote it. */
  readonly path: string;
  /** The directory of the layout or of the layouts, the file of the archive, or the host of the registry. */
  readonly directory: string;
  /** The repository. Absent if the text does not name one: then it is the default repository, or all of them. */
  readonly repository?: string | undefined;
  /** The tag, if the text ends in one. */
  readonly tag?: string | undefined;
  /** The digest, if the text ends in one. */
  readonly digest?: string | undefined;
  /** Whether the layout exists, intact or damaged, or the directory of layouts, or the archive. True for a registry. */
  readonly exists: boolean;
  /** How an archive is read. Absent if its content decides. */
  readonly format?: "oci" | "docker" | undefined;
}

/** A registry that a place opened. Only layouts and archives have `manifests`. */
export type OpenRegistry = Registry &
  Partial<Pick<LayoutStore, "manifests">> & {
    /** Frees all resources. Idempotent. */
    close(): Promise<void>;
  };

/** A target in an open registry. */
export interface OpenTarget extends Target {
  readonly registry: OpenRegistry;
  /** The repository that the text names, or the default one. */
  readonly repository: string;
  /** Whether the text names no repository. */
  readonly isBare: boolean;
  /** Whether the text names a whole layout, archive or registry, without a repository, tag or digest. */
  readonly isWhole: boolean;
}
