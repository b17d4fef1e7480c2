import { resolve } from "node:path";

import { readOnly } from "@ocilayout/oci-backend";
import { requireCount, requireFlag, requireObject, requireString } from "@ocilayout/oci-types/authors";
import { requireRepository } from "@ocilayout/ociref";

import type { EntryName } from "../index-json/ref-name.ts";

/** Options of `openLayout`. */
export interface LayoutOptions {
  /**
   * The repository of bare tags, of nameless entries and, by digest alone, of entries whose name cannot be read. Default
   * `"default"`. `null`: these entries belong to no repository.
   */
  readonly defaultRepository?: string | null | undefined;
  /**
   * Replaces the rule by which the names of entries are read, for other dialects. It is given an entry of the index
   * and answers what it is called, or `undefined` where it is none of ours. It must not depend on anything but that.
   */
  readonly nameEntry?: ((descriptor: unknown) => EntryName | undefined) | undefined;
  /** What is written for the default repository: `repo:tag`, or the tag alone as other tools do. Default `"tag"`. */
  readonly refNameStyle?: "full" | "tag" | undefined;
  /** Whether what was written survives a loss of power. Default `"fsync"`. */
  readonly durability?: "fsync" | "none" | undefined;
  /** Whether readers verify size and digest, unless a read of a blob says itself (`ReadOptions.verify`). Default true. */
  readonly verifyOnRead?: boolean | undefined;
  /** Whether a manifest may refer to what is not there. Default false. */
  readonly allowSparse?: boolean | undefined;
  /** Whether links that lead out of the layout are followed. Default false. */
  readonly followSymlinks?: boolean | undefined;
  /** How long to wait for other writers, in milliseconds, before `LOCK_TIMEOUT`. Default 60,000. */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * Whether a writer that cannot be judged from here, for example one on another machine or in another container, is taken
   * for dead, and its lock taken over, after 30 seconds without a sign of life. Default true; if false, a writer that waits
   * for it waits until `LOCK_TIMEOUT`.
   */
  readonly stealStale?: boolean | undefined;
  /** The largest manifest, in bytes. Default 8 MiB, at least 4 MiB. */
  readonly maxManifestBytes?: number | undefined;
  /** How long an upload session lives without a write, in milliseconds. Default 24 hours. */
  readonly uploadExpiryMs?: number | undefined;
  /**
   * The directories of the other layouts whose `blobs` lead to the same directory as this one's. `gc` and `deleteBlob` lock
   * all of them, and keep what any of them needs. Without it, if `blobs` is a link, `deleteBlob` fails with `DENIED` and
   * `gc` removes no blob, because other layouts may need them; an empty list says that none does.
   *
   * A layout that is not named loses what only it needs. One that is missing or damaged, or has other blobs, makes both
   * calls fail with `LAYOUT_INVALID`.
   */
  readonly sharedWith?: readonly string[] | undefined;
  /**
   * The directory that holds the blobs instead of `blobs`, read and written: what skopeo calls a shared blob directory. It
   * must be on the file system of the layout. Other layouts may need what lies there, as if `blobs` were a link: see
   * `sharedWith`. Default: `blobs` in the layout's directory.
   */
  readonly blobDirectory?: string | undefined;
  /**
   * A directory of layouts, which `directory` lies in. It may be reached through links; below it none is followed: if a link,
   * or anything else that is not a directory, is on the way to `directory`, every call is `LAYOUT_INVALID`. So is every call
   * if `within` is itself a layout.
   */
  readonly within?: string | undefined;
  /**
   * Whether every write is refused, with `DENIED`. Then the directory must exist when it is opened; with `within`, that one.
   * Default false.
   */
  readonly readOnly?: boolean | undefined;
}

/** {@link LayoutOptions}, complete and checked. */
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

/** Fills in the defaults and refuses what makes no sense. */
export function completeOptions(options: LayoutOptions): LayoutSettings {
  requireObject(options, "options");
  const { defaultRepository = "default", nameEntry, refNameStyle = "tag", durability = "fsync" } = options;
  const { lockTimeoutMs = 60_000, maxManifestBytes = 8 * MIB, uploadExpiryMs = 24 * HOUR_MS } = options;
  requireOneOf(refNameStyle, ["full", "tag"], "refNameStyle");
  requireOneOf(durability, ["fsync", "none"], "durability");
  if (nameEntry !== undefined && typeof nameEntry !== "function")
    throw new TypeError("nameEntry must be a function");
  if (requireCount(maxManifestBytes, "maxManifestBytes") < 4 * MIB) {
    throw new RangeError("maxManifestBytes must be 4 MiB at least");
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

/** The absolute path of a directory that a caller named. */
export function requireDirectory(value: string, what: string): string {
  requireString(value, what);
  if (value === "" || value.includes("\0")) throw new TypeError(`${what} must be a path`);
  return resolve(value);
}

function requireDirectories(values: readonly string[]): readonly string[] {
  if (!Array.isArray(values)) throw new TypeError("sharedWith must be an array of directories");
  return Array.from(values, (value: string, at) => requireDirectory(value, `sharedWith[${at}]`));
}

/** Refuses a write where there are to be none. */
export function requireWritable(settings: LayoutSettings): void {
  if (settings.readOnly) throw readOnly("this layout");
}

function requireOneOf(value: string, allowed: readonly string[], what: string): void {
  if (!allowed.includes(value)) throw new TypeError(`${what} must be one of ${allowed.join(", ")}`);
}
