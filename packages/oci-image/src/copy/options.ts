import type { Descriptor, Platform, RegistryLister, RegistryReader } from "@ocilayout/oci-types";
import {
  requireArray,
  requireCount,
  requireFlag,
  requireObject,
  requireSignal,
  requireString,
} from "@ocilayout/oci-types/authors";
import { requireTag } from "@ocilayout/ociref";

import { requirePlatform } from "../platform/platform.ts";
import type { ReadManifestOptions } from "../reading/read-manifest.ts";
import { requireReading } from "../reading/read-manifest.ts";

/** The part of a registry that `copy` reads from. */
export type CopySource = RegistryReader & Pick<RegistryLister, "referrers">;

/** Limits for content from a registry that is not trusted. */
export interface CopyLimits {
  /** The maximum number of manifests. Beyond it: `MANIFEST_INVALID`. Defaults to 10,000. */
  readonly manifests?: number | undefined;
  /**
   * The maximum number of configs, layers and children that all manifests name. Also the maximum number of referrers that
   * are listed, and of tags that `sync` lists. Beyond it: `MANIFEST_INVALID`. Defaults to 100,000.
   */
  readonly references?: number | undefined;
  /** The maximum number of indexes above a manifest. Beyond it: `MANIFEST_INVALID`. Defaults to 100. */
  readonly depth?: number | undefined;
  /** The maximum size of all content, in bytes, as its descriptors state it. Beyond it: `SIZE_INVALID`. Defaults to 1 TiB. */
  readonly bytes?: number | undefined;
}

/** The way in which a target got some content. */
export type CopyOutcome =
  /** The target had it. */
  | "present"
  /** The target took it from the source without reading it, such as by a link between two layouts. */
  | "linked"
  /** The target took it from another of its repositories. */
  | "mounted"
  /** Its bytes were read from the source and pushed. */
  | "copied"
  /** The source does not have it, and its descriptor has `urls`. */
  | "skipped";

/** Reports progress: a piece of a blob was read, or a blob or a manifest is done. */
export interface CopyProgress {
  /** The content that this report is about. */
  readonly descriptor: Descriptor;
  /** The outcome in the slowest target, or `undefined` while its bytes are read. */
  readonly outcome?: CopyOutcome | undefined;
  /** The number of its bytes that were read. */
  readonly bytes: number;
  /** The size of everything that is done or was read, in bytes. Ends at `totalBytes`. */
  readonly doneBytes: number;
  /** The size of everything that some target needs, in bytes. Grows if a target lacks content that it claimed to have. */
  readonly totalBytes: number;
}

/** Options of `copy` and `sync`. */
export interface CopyOptions extends ReadManifestOptions {
  /** More tags for the copied manifest. All tags are set together, or none. */
  readonly tags?: readonly string[] | undefined;
  /**
   * The platforms to copy from an index, such as `["linux/amd64", "linux/arm64"]`. For each, the image that runs best is
   * copied, with its attestations. Defaults to all.
   */
  readonly platforms?: readonly (Platform | string)[] | undefined;
  /**
   * The index to push, if `platforms` leaves manifests out:
   *
   * - `"rewrite"`, the default: an index without them. It has another digest.
   * - `"keep"`: the same index. The target must accept an index with missing manifests. To add the other manifests later
   *   without `platforms`, set `check` to `"deep"`.
   */
  readonly index?: "rewrite" | "keep" | undefined;
  /**
   * Whether to copy the manifests that refer to the copied ones, such as signatures and SBOMs, and those that refer to
   * them. It also copies cosign's tags: `sha256-<hex>.sig`, `.att` and `.sbom`. Defaults to false.
   */
  readonly referrers?: boolean | undefined;
  /**
   * - `"root"`, the default: a target that has a manifest is trusted to have everything below it.
   * - `"deep"`: the target is asked for every manifest and every blob. It is not asked to verify them.
   * - `"content"`: every manifest and every blob of the target is also read and verified. Corrupt ones are pushed again from
   *   the source, which `link: false` verifies.
   */
  readonly check?: "root" | "deep" | "content" | undefined;
  /**
   * Whether blobs may be linked between layouts of one file system, and mounted within one registry, without reading them.
   * Pass `false` for a copy that is verified and shares no file with its source. Defaults to true.
   */
  readonly link?: boolean | undefined;
  /**
   * The maximum number of blobs or manifests at once, from 1 to 100. Defaults to 4. A blob is sent to all targets at the same
   * time. With several remote targets, the number must not exceed the uploads that each of them takes at once.
   */
  readonly concurrency?: number | undefined;
  /** Limits for a source that is not trusted. */
  readonly limits?: CopyLimits | undefined;
  /** Whether only to report what would be copied. Defaults to false. */
  readonly dryRun?: boolean | undefined;
  /** Receives progress. If it throws, the copy ends with that error. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

/** Options after they were checked. */
export interface CheckedCopyOptions {
  readonly signal: AbortSignal | undefined;
  readonly reading: ReadManifestOptions;
  readonly tags: readonly string[];
  readonly platforms: readonly Platform[] | undefined;
  readonly keepsIndex: boolean;
  readonly referrers: boolean;
  readonly isDeep: boolean;
  /** Whether the content of the target is read and verified. */
  readonly readsTarget: boolean;
  readonly links: boolean;
  readonly concurrency: number;
  readonly limits: { readonly [Name in keyof CopyLimits]-?: number };
  readonly dryRun: boolean;
  readonly onProgress: (progress: CopyProgress) => void;
}

const MAX_CONCURRENCY = 100;
const TIB = 1024 ** 4;

/**
 * Checks the options of `copy`.
 *
 * @throws TypeError or RangeError if an option has the wrong type or value; `RegistryError` `NAME_INVALID` for an invalid tag
 * or platform.
 */
export function requireCopyOptions(options: CopyOptions): CheckedCopyOptions {
  const signal = requireSignal(options);
  const { tags = [], platforms, index = "rewrite", check = "root", concurrency = 4, limits = {} } = options;
  const { referrers = false, link = true, dryRun = false, onProgress = ignore } = options;
  if (typeof onProgress !== "function")
    throw new TypeError(`onProgress must be a function, not ${typeof onProgress}`);
  if (requireCount(concurrency, "concurrency") < 1 || concurrency > MAX_CONCURRENCY)
    throw new RangeError(`concurrency must be from 1 to ${MAX_CONCURRENCY}, not ${concurrency}`);
  requireObject(limits, "limits");
  requireArray(tags, "tags");
  if (platforms !== undefined) requireArray(platforms, "platforms");
  if (platforms?.length === 0) throw new RangeError("platforms must not be empty");
  return {
    signal,
    reading: { ...requireReading(options), signal },
    tags: tags.map(requireTag),
    platforms: platforms?.map(requirePlatform),
    keepsIndex: requireOneOf(index, ["rewrite", "keep"], "index") === "keep",
    referrers: requireFlag(referrers, "referrers"),
    isDeep: requireOneOf(check, ["root", "deep", "content"], "check") !== "root",
    readsTarget: check === "content",
    links: requireFlag(link, "link"),
    concurrency,
    limits: {
      manifests: requireCount(limits.manifests ?? 10_000, "limits.manifests"),
      references: requireCount(limits.references ?? 100_000, "limits.references"),
      depth: requireCount(limits.depth ?? 100, "limits.depth"),
      bytes: requireCount(limits.bytes ?? TIB, "limits.bytes"),
    },
    dryRun: requireFlag(dryRun, "dryRun"),
    onProgress,
  };
}

function requireOneOf<Value extends string>(value: Value, values: readonly Value[], what: string): Value {
  requireString(value, what);
  if (values.includes(value)) return value;
  throw new TypeError(`${what} must be ${values.map((one) => JSON.stringify(one)).join(" or ")}`);
}

function ignore(): void {
  // The caller does not want progress.
}
