import type { HashOptions, HasherFactory } from "@ocilayout/oci-types";
import {
  createHasher,
  requireCount,
  requireFlag,
  requireSignal,
  requireString,
} from "@ocilayout/oci-types/authors";

import type { ImageHistory } from "../reading/image-config.ts";

/** How a layer is compressed. */
export type LayerCompression = "gzip" | "zstd" | "none";

/** Options of `pushLayer`. */
export interface PushLayerOptions extends HashOptions {
  /**
   * Paths that the layer removes from the layers below it. A directory is removed with everything in it. A path that is also a
   * file of the layer is replaced.
   */
  readonly removed?: Iterable<string> | undefined;
  /** Directories whose content in the layers below is removed. The directories themselves stay. */
  readonly opaque?: Iterable<string> | undefined;
  /** The compression. Defaults to `"gzip"`. `"zstd"` needs Node 22.15 or later. */
  readonly compression?: LayerCompression | undefined;
  /**
   * The latest time, in seconds since 1970, as `SOURCE_DATE_EPOCH` has it. Files with a later time or without one get this
   * time. By default files keep their times, and files without one get 0.
   */
  readonly mtime?: number | undefined;
  /**
   * Whether to add the missing parent directories of files, with mode 0o755 and owner 0. Defaults to false: runtimes create
   * them, and keep the mode and owner of a directory that a layer below has.
   */
  readonly parents?: boolean | undefined;
  /** The origin of the layer, for the history of an image. */
  readonly history?: ImageHistory | undefined;
}

/** Options of `createLayer`. */
export interface CreateLayerOptions extends PushLayerOptions {
  /** The maximum size of the compressed layer, in bytes. Defaults to 256 MiB. */
  readonly maxBytes?: number | undefined;
}

/** Options after they were checked. */
export interface CheckedLayerOptions {
  readonly signal: AbortSignal | undefined;
  readonly createHasher: HasherFactory;
  readonly removed: readonly string[];
  readonly opaque: readonly string[];
  readonly compression: LayerCompression;
  readonly mtime: number | undefined;
  readonly parents: boolean;
  readonly history: ImageHistory | undefined;
  readonly maxBytes: number;
}

const COMPRESSIONS: ReadonlySet<unknown> = new Set<LayerCompression>(["gzip", "zstd", "none"]);

/**
 * Checks the options of `createLayer` and `pushLayer`.
 *
 * @throws TypeError or RangeError if an option has the wrong type or value.
 */
export function requireLayerOptions(options: CreateLayerOptions): CheckedLayerOptions {
  const signal = requireSignal(options);
  const { compression = "gzip", mtime, parents = false } = options;
  if (!COMPRESSIONS.has(compression)) throw new TypeError("compression must be gzip, zstd or none");
  if (mtime !== undefined && typeof mtime !== "number") throw new TypeError("mtime must be a number");
  if (mtime !== undefined && !(Math.abs(mtime) <= Number.MAX_SAFE_INTEGER))
    throw new RangeError(`mtime must be a number of seconds, not ${mtime}`);
  return {
    signal,
    createHasher: options.createHasher ?? createHasher,
    removed: requirePaths(options.removed ?? [], "removed"),
    opaque: requirePaths(options.opaque ?? [], "opaque"),
    compression,
    mtime,
    parents: requireFlag(parents, "parents"),
    history: options.history,
    maxBytes: requireCount(options.maxBytes ?? 256 * 1024 * 1024, "maxBytes"),
  };
}

/** A string is iterable, but its characters are not paths. */
function requirePaths(paths: Iterable<string>, what: string): readonly string[] {
  if (typeof paths === "string" || typeof paths[Symbol.iterator] !== "function")
    throw new TypeError(`${what} must be a list of paths`);
  return Array.from(paths, (path) => {
    requireString(path, `a path of ${what}`);
    return path;
  });
}
