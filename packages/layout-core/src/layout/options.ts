import { resolve } from "node:path";

import { readOnly } from "@ocilayout/oci-backend";
import {
  requireCount,
  requireFlag,
  requireObject,
  requireOneOf,
  requireString,
} from "@ocilayout/oci-types/authors";
import { requireRepository } from "@ocilayout/ociref";

import type { EntryName } from "../index-json/ref-name.ts";

/** Options of `openLayout`. */
export interface LayoutOptions {
  /**
   * The repository of bare tags, of nameless entries, and of entries whose name cannot be read. The last are found by
   * digest only. Defaults to `"default"`. With `null`, these entries belong to no repository.
   */
  readonly defaultRepository?: string | null | undefined;
  /**
   * Replaces the rule that reads the names of entries, to support other dialects. It receives an entry of the index and
   * returns its name, or `undefined` if the entry has no name in that dialect. The result must depend on the entry
   * alone.
   */
  readonly nameEntry?: ((descriptor: unknown) => EntryName | undefined) | undefined;
  /**
   * How entries of the default repository are named: `"tag"` writes the tag alone, as other tools do; `"full"` writes
   * `repo:tag`. Defaults to `"tag"`.
   */
  readonly refNameStyle?: "full" | "tag" | undefined;
  /**
   * Whether writes survive a power failure. `"fsync"` syncs files and directories, `"none"` does not. Defaults to
   * `"fsync"`.
   */
  readonly durability?: "fsync" | "none" | undefined;
  /**
   * Whether readers verify size and digest. `ReadOptions.verify` overrides it for one read of a blob. Defaults to true.
   */
  readonly verifyOnRead?: boolean | undefined;
  /** Whether a manifest may refer to content that the layout does not have. Defaults to false. */
  readonly allowSparse?: boolean | undefined;
  /** Whether to follow links in `blobs` that lead out of the layout. Defaults to false. */
  readonly followSymlinks?: boolean | undefined;
  /**
   * How long a write waits for other writers, in milliseconds, before it fails with `LOCK_TIMEOUT`. Defaults to 60,000.
   */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * Whether to take over the lock of a writer that cannot be checked from here, such as one on another machine or in
   * another container. That happens after 30 seconds without a sign of life. Defaults to true. If false, a waiting
   * writer fails with `LOCK_TIMEOUT`.
   */
  readonly stealStale?: boolean | undefined;
  /** The largest manifest, in bytes. Defaults to 8 MiB; at least 4 MiB. */
  readonly maxManifestBytes?: number | undefined;
  /** How long an upload session lives after its last write, in milliseconds. Defaults to 24 hours. */
  readonly uploadExpiryMs?: number | undefined;
  /**
   * The directories of the other layouts whose `blobs` is the same directory as this one's. `gc` and `deleteBlob` lock
   * all of these layouts, and keep what any of them needs. An empty list means that no other layout shares the blobs.
   *
   * If it is absent and `blobs` is a link, other layouts may need the blobs. Then `deleteBlob` fails with `DENIED`, and
   * `gc` removes no blob.
   *
   * A layout that is missing from the list loses the blobs that only it needs. If a layout of the list is missing,
   * damaged, or has other blobs, `gc` and `deleteBlob` fail with `LAYOUT_INVALID`.
   */
  readonly sharedWith?: readonly string[] | undefined;
  /**
   * A directory that holds the blobs instead of `blobs`, for reads and writes; skopeo calls it a shared blob directory.
   * It must be on the same file system as the layout. Other layouts may need its blobs, as if `blobs` were a link: see
   * `sharedWith`. Defaults to `blobs` in the layout's directory.
   */
  readonly blobDirectory?: string | undefined;
  /**
   * A directory of layouts that contains `directory`. The path to it may contain links. Below it no link is followed:
   * if the path from it to `directory` contains anything but directories, every call fails with `LAYOUT_INVALID`. Every
   * call also fails with `LAYOUT_INVALID` if `within` is itself a layout.
   */
  readonly within?: string | undefined;
  /**
   * Whether every write fails with `DENIED`. Then `directory` must exist when it is opened or, with `within`, that
   * directory. Defaults to false.
   */
  readonly readOnly?: boolean | undefined;
}

/** {@link LayoutOptions} with all defaults, validated. */
export interface LayoutSettings {
  readonly defaultRepository: string | undefined;
  readonly nameEntry: LayoutOptions["nameEntry"];
  readonly refNameStyle: "full" | "tag";
  readonly durable: boolean;
  readonly verifyOnRead: boolean;
  readonly allowSparse: boolean;
  readonly followSymlinks: boolean;
  readonly lockTimeoutMs: number;
  readonly stealStale: boolean;
  readonly maxManifestBytes: number;
  readonly uploadExpiryMs: number;
  /** Absolute paths. */
  readonly sharedWith: readonly string[] | undefined;
  /** An absolute path. */
  readonly within: string | undefined;
  /** An absolute path. */
  readonly blobDirectory: string | undefined;
  readonly readOnly: boolean;
}

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;

/** Validates the options and adds the defaults. */
export function completeOptions(options: LayoutOptions): LayoutSettings {
  requireObject(options, "options");
  const { defaultRepository = "default", nameEntry, refNameStyle = "tag", durability = "fsync" } = options;
  const { lockTimeoutMs = 60_000, maxManifestBytes = 8 * MIB, uploadExpiryMs = 24 * HOUR_MS } = options;
  requireOneOf(refNameStyle, ["full", "tag"], "refNameStyle");
  requireOneOf(durability, ["fsync", "none"], "durability");
  if (nameEntry !== undefined && typeof nameEntry !== "function")
    throw new TypeError("nameEntry must be a function");
  if (requireCount(maxManifestBytes, "maxManifestBytes") < 4 * MIB) {
    throw new RangeError("maxManifestBytes must be at least 4 MiB");
  }
  return {
    defaultRepository: defaultRepository === null ? undefined : requireRepository(defaultRepository),
    nameEntry,
    refNameStyle,
    durable: durability === "fsync",
    verifyOnRead: requireFlag(options.verifyOnRead ?? true, "verifyOnRead"),
    allowSparse: requireFlag(options.allowSparse ?? false, "allowSparse"),
    followSymlinks: requireFlag(options.followSymlinks ?? false, "followSymlinks"),
    lockTimeoutMs: requireCount(lockTimeoutMs, "lockTimeoutMs"),
    stealStale: requireFlag(options.stealStale ?? true, "stealStale"),
    maxManifestBytes,
    uploadExpiryMs: requireCount(uploadExpiryMs, "uploadExpiryMs"),
    blobDirectory:
      options.blobDirectory === undefined
        ? undefined
        : requireDirectory(options.blobDirectory, "blobDirectory"),
    sharedWith: options.sharedWith === undefined ? undefined : requireDirectories(options.sharedWith),
    within: options.within === undefined ? undefined : requireDirectory(options.within, "within"),
    readOnly: requireFlag(options.readOnly ?? false, "readOnly"),
  };
}

/** Resolves a directory that a caller named to an absolute path. */
export function requireDirectory(value: string, what: string): string {
  requireString(value, what);
  if (value === "" || value.includes("\0")) throw new TypeError(`${what} must be a path`);
  return resolve(value);
}

function requireDirectories(values: readonly string[]): readonly string[] {
  if (!Array.isArray(values)) throw new TypeError("sharedWith must be an array of directories");
  return Array.from(values, (value: string, at) => requireDirectory(value, `sharedWith[${at}]`));
}

/** Fails with `DENIED` if the layout is read-only. */
export function requireWritable(settings: LayoutSettings): void {
  if (settings.readOnly) throw readOnly("this layout");
}
