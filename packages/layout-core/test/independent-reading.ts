import { existsSync, readFileSync, statSync } from "node:fs";

import { blobPath, digestOf } from "@ocilayout/testing";

import type { FindingKind } from "../src/index.ts";
import type { Expected, ExpectedEntry, ExpectedManifest, LongList, Written } from "./fixture.ts";

/** The repository of bare tags and nameless entries. */
export const defaultRepository = "default";

/** Everything that can be read from a layout, in a comparable form. Lists are sorted. */
export interface Reading {
  readonly repositories: readonly string[];
  /** By `repository:tag`: media type, digest and size. */
  readonly tags: Readonly<Record<string, string>>;
  /** By `repository:tag`: the digest of the content, or the code of the error. */
  readonly tagContents: Readonly<Record<string, string>>;
  /** The media type, digest and size of each manifest of any repository. */
  readonly manifests: readonly string[];
  /** By digest, as {@link tagContents}: manifests, in each repository that has them. */
  readonly manifestContents: Readonly<Record<string, string>>;
  /** By digest, as {@link tagContents}: blobs. */
  readonly blobContents: Readonly<Record<string, string>>;
  /** By subject. */
  readonly referrers: Readonly<Record<string, readonly unknown[]>>;
  /** By kind: the ref names, digests or paths of the findings. */
  readonly findings: Readonly<Partial<Record<FindingKind, readonly string[]>>>;
}

/** Returns the entries of a layout. If `expected.json` has only their hash, they are read from `index.json`. */
export function entriesOf(expected: Expected, directory: string): readonly ExpectedEntry[] {
  if (!isLong(expected.entries)) return expected.entries;
  const { manifests } = JSON.parse(readFileSync(`${directory}/index.json`, "utf8")) as {
    manifests: { annotations: Record<string, string>; mediaType: string; digest: string; size: number }[];
  };
  const entries = manifests.map(({ annotations, mediaType, digest, size }) => {
    const { "org.opencontainers.image.ref.name": refName = null } = annotations;
    return { containerdName: null, digest, mediaType, platform: null, refName, size };
  });
  if (hashOfItems(entries) !== expected.entries.sha256OfSortedItems)
    throw new Error("these are other entries");
  return entries;
}

/** Parses the name of an entry by clause 23, with a separate grammar. Returns nothing for foreign entries. */
export function nameOf(entry: ExpectedEntry): { repository: string; tag?: string } | undefined {
  if (!isVerifiable(entry.digest)) return undefined;
  const size = sizeOf(entry.size);
  if (!Number.isSafeInteger(size) || size < 0) return undefined;
  const { containerdName, refName } = entry;
  const full = isName(containerdName) ? containerdName : isName(refName) ? refName : undefined;
  if (full === undefined) return { repository: defaultRepository };
  const tagForm = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";
  if (!isName(containerdName) && new RegExp(`^${tagForm}$`).test(full))
    return { repository: defaultRepository, tag: full };
  const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  const match = new RegExp(`^(${component}(?:/${component})*)(?::(${tagForm}))?(?:@(.*))?$`).exec(full);
  const [, repository, tag, digest] = match ?? [];
  if (
    repository === undefined ||
    repository.length > 255 ||
    (digest !== undefined && digest !== entry.digest)
  )
    return undefined;
  return { repository, ...(tag === undefined ? {} : { tag }) };
}

/** Returns the expected reading of a layout according to `expected.json` and the contract. */
export function expectedReading(expected: Expected, directory: string): Reading {
  const entries = entriesOf(expected, directory);
  const damage = new Damage(expected, directory);
  const understood = entries.flatMap((entry) => {
    const name = nameOf(entry);
    const digest = String(entry.digest);
    const stored = name === undefined ? undefined : damage.stored(digest);
    const [mediaType, size] = [stored?.mediaType ?? typeOf(entry), stored?.size ?? sizeOf(entry.size)];
    return name === undefined ? [] : [{ entry, ...name, digest, mediaType, size }];
  });
  const [manifests, blobs] = [allOf(expected.reachable.manifests), allOf(expected.reachable.blobs)];

  const [tags, tagContents] = [record(), record()];
  const duplicates: string[] = [];
  const owned: Map<string, (typeof understood)[number]> = new Map();
  for (const entry of understood) {
    const { repository, tag, mediaType, digest, size } = entry;
    const key = `${repository} ${digest}`;
    if (!owned.has(key)) owned.set(key, entry);
    if (tag === undefined) continue;
    const name = `${repository}:${tag}`;
    if (name in tags) duplicates.push(describeEntry(entry.entry));
    else {
      tags[name] = `${mediaType} ${digest} ${size}`;
      tagContents[name] = damage.manifest(digest);
    }
  }

  const listed: Set<string> = new Set();
  const manifestContents = record();
  for (const { mediaType, digest, size } of owned.values()) {
    listed.add(`${mediaType} ${digest} ${size}`);
    manifestContents[digest] = damage.manifest(digest);
  }
  for (const { digest, mediaType, missing, unverified, invalid } of manifests) {
    if (digest in manifestContents) continue;
    if (missing ?? unverified ?? invalid)
      manifestContents[digest] = unverified ? "CONTENT_CORRUPT" : "MANIFEST_UNKNOWN";
    else {
      listed.add(`${mediaType} ${digest} ${statSync(blobPath(directory, digest)).size}`);
      manifestContents[digest] = digest;
    }
  }

  return {
    repositories: sorted(understood.map(({ repository }) => repository)),
    tags,
    tagContents,
    manifests: [...listed].sort(),
    manifestContents,
    blobContents: Object.fromEntries(blobs.map(({ digest }) => [digest, damage.blob(digest)])),
    referrers: Object.fromEntries(
      manifests.map(({ digest }) => [digest, expectedReferrers(expected, directory, digest)]),
    ),
    findings: grouped({
      "empty-index": entries.length === 0 && unreferenced(expected).length > 0 ? ["index.json"] : [],
      "foreign-entry": entries
        .filter((entry) => nameOf(entry) === undefined)
        .map(describeEntry)
        .sort(),
      "docker-manifest": understood
        .filter(({ entry }) => /docker.distribution.manifest(.list)?.v2/.test(String(entry.mediaType)))
        .map(({ digest }) => digest)
        .sort(),
      "duplicate-ref": duplicates.sort(),
      "missing-blob": sorted(
        expected.missingBlobs.filter(({ urls }) => urls === undefined).map(({ digest }) => digest),
      ),
      "corrupt-blob": sorted(expected.digestMismatches ?? []),
      "wrong-size": damage.wrongSizes(),
      "wrong-media-type": entries.flatMap((entry) => damage.wrongType(entry)).sort(),
      "damaged-manifest": sorted(
        manifests.filter(({ invalid }) => invalid !== undefined).map(({ digest }) => digest),
      ),
      "unreachable-blob": unreferenced(expected),
      "stray-file": strayFiles(expected),
    }),
  };
}

/** Leaves out kinds without findings. */
function grouped(findings: Reading["findings"]): Reading["findings"] {
  return Object.fromEntries(Object.entries(findings).filter(([, about]) => about.length > 0));
}

/** Identifies an entry in a finding: by its ref name or, without one, by its digest. */
function describeEntry({ refName, digest }: ExpectedEntry): string {
  return typeof refName === "string" ? refName : String(digest);
}

/** The content that is missing, corrupt, or of another size than a descriptor states. */
class Damage {
  readonly #directory: string;
  readonly #missing: ReadonlySet<string>;
  readonly #corrupt: ReadonlySet<string>;
  readonly #wrong: readonly { readonly digest: string; readonly size: number }[];

  constructor({ missingBlobs, digestMismatches, sizeMismatches = [] }: Expected, directory: string) {
    this.#directory = directory;
    this.#missing = new Set(missingBlobs.map(({ digest }) => digest));
    this.#corrupt = new Set(digestMismatches);
    // An entry with an invalid size is foreign, and its size is not compared.
    this.#wrong = sizeMismatches
      .map(({ digest, descriptorSize }) => ({ digest, size: sizeOf(descriptorSize) }))
      .filter(
        ({ digest, size }) =>
          Number.isSafeInteger(size) && size >= 0 && size !== statSync(blobPath(directory, digest)).size,
      );
  }

  isWrongSize(digest: string, size: number): boolean {
    return this.#wrong.some((wrong) => wrong.digest === digest && wrong.size === size);
  }

  /** Returns the expected outcome of a read of a manifest, whatever size its entry states. */
  manifest(digest: string): string {
    if (this.#missing.has(digest) || !existsSync(blobPath(this.#directory, digest)))
      return "MANIFEST_UNKNOWN";
    return this.#corrupt.has(digest) ? "CONTENT_CORRUPT" : digest;
  }

  /** Returns the media type and the size of a stored document. */
  stored(digest: string): { readonly mediaType: string | undefined; readonly size: number } | undefined {
    const path = blobPath(this.#directory, digest);
    if (this.manifest(digest) !== digest || !statSync(path).isFile()) return undefined;
    const content = readFileSync(path);
    return { mediaType: ownType(content), size: content.length };
  }

  blob(digest: string): string {
    if (!isVerifiable(digest)) return "DIGEST_INVALID";
    if (this.#missing.has(digest)) return "BLOB_UNKNOWN";
    return this.#corrupt.has(digest) ? "CONTENT_CORRUPT" : digest;
  }

  /** Returns the digest of an entry if the media type of its manifest differs. */
  wrongType({ mediaType, digest }: ExpectedEntry): string[] {
    const own = isVerifiable(digest) ? this.stored(digest)?.mediaType : undefined;
    return own === undefined || own === mediaType ? [] : [String(digest)];
  }

  /** A corrupt blob is reported as corrupt, and its size is not compared. */
  wrongSizes(): string[] {
    return sorted(this.#wrong.filter(({ digest }) => !this.#corrupt.has(digest)).map(({ digest }) => digest));
  }
}

/** Returns the member `mediaType` of a JSON object. */
function ownType(content: Buffer): string | undefined {
  try {
    const document: unknown = JSON.parse(content.toString());
    const mediaType =
      typeof document === "object" && document !== null && "mediaType" in document
        ? document.mediaType
        : undefined;
    return typeof mediaType === "string" && /^[^\s/;]+\/[^\s/;]+$/.test(mediaType) ? mediaType : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the descriptors of the manifests whose subject is `subject`, by clause 21. */
function expectedReferrers(expected: Expected, directory: string, subject: string): unknown[] {
  return sorted(expected.referrers?.[subject] ?? []).map((digest) => {
    const of = allOf(expected.reachable.manifests).find((manifest) => manifest.digest === digest);
    const content = readFileSync(blobPath(directory, digest));
    const { annotations } = JSON.parse(content.toString()) as { annotations?: object };
    const artifactType = of?.artifactType ?? of?.configMediaType;
    return {
      mediaType: of?.mediaType,
      digest,
      size: content.length,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(annotations === undefined ? {} : { annotations }),
    };
  });
}

/**
 * Returns the files and directories that `verify()` reports. Directories beside `blobs` may belong to other programs,
 * such as nested repositories. Two files belong to Docker's archives. Below `blobs`, a directory is reported as a
 * whole, unless it has the name of a missing blob.
 */
function strayFiles({ extraFiles, emptyDirs = [], missingBlobs, unreferencedBlobs }: Expected): string[] {
  const missing = new Set(missingBlobs.map(({ digest }) => `blobs/${digest.replace(":", "/")}`));
  const directories = emptyDirs.map((path) => path.slice(0, -1)).filter((path) => path.split("/").length > 2);
  const inBlobs = [...extraFiles, ...directories]
    .filter((path) => path.startsWith("blobs/"))
    .map((path) => path.split("/").slice(0, 3).join("/"))
    .filter((path) => !missing.has(path));
  const known = ["manifest.json", "repositories"];
  // Blobs of unsupported algorithms are not collected: `verify()` treats them as other files.
  const foreign = isLong(unreferencedBlobs)
    ? []
    : unreferencedBlobs
        .filter(({ digest }) => !isVerifiable(digest))
        .map(({ digest }) => `blobs/${digest.replace(":", "/")}`);
  return sorted([
    ...extraFiles.filter((path) => !path.includes("/") && !known.includes(path)),
    ...inBlobs,
    ...foreign,
  ]);
}

function unreferenced({ unreferencedBlobs: blobs }: Expected): string[] {
  return isLong(blobs)
    ? [`${blobs.count} ${blobs.sha256OfSortedItems}`]
    : sorted(blobs.map(({ digest }) => digest).filter(isVerifiable));
}

/** Computes the hash that `expected.json` has for a long list. The members of `items` must be in their order. */
export function hashOfItems(items: readonly object[]): string {
  const lines = items.map((item) => JSON.stringify(item)).sort();
  return digestOf(new TextEncoder().encode(lines.join("\n"))).slice("sha256:".length);
}

/** Returns the items of `list`; an empty list if it is too long to be included. */
export function allOf<Item>(list: readonly Item[] | LongList): readonly Item[] {
  return isLong(list) ? [] : list;
}

function isLong(list: readonly unknown[] | LongList): list is LongList {
  return "count" in list;
}

/** Without duplicates, and in code-unit order. */
export function sorted(items: Iterable<string>): string[] {
  return [...new Set(items)].sort();
}

/** Returns a record that accepts any key. */
export function record(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isVerifiable(digest: unknown): digest is string {
  return typeof digest === "string" && /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest);
}

/** Converts a number as `JSON.parse` does. */
function sizeOf(written: Written): number {
  if (typeof written === "number") return written;
  return typeof written === "object" && written !== null && "raw" in written
    ? Number(written.raw)
    : Number.NaN;
}

/** Content without a type counts as bytes. */
function typeOf({ mediaType }: ExpectedEntry | ExpectedManifest): string {
  return typeof mediaType === "string" && mediaType !== "" ? mediaType : "application/octet-stream";
}
