import type { Descriptor } from "@ocilayout/oci-types";
import { isRegistryError, manifestKind, parseManifest } from "@ocilayout/oci-types";

import type { StoredBlob, StoredBlobs } from "./check-blobs.ts";
import type { LayoutEntry } from "./check-files.ts";
import type { Attempt } from "./check-links.ts";
import type { LayoutDirectory } from "./directory.ts";
import type { Report } from "./problem.ts";

/** The largest manifest that is parsed, in bytes. Registries need not accept more than 4 MiB. */
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;

/** The algorithms that the image-spec registers. A file of another algorithm counts as a blob only if it is referenced. */
const REGISTERED: ReadonlySet<string> = new Set(["sha256", "sha512", "blake3"]);

/** The digests of the children of each index, by the digest of the index. */
export type Contents = ReadonlyMap<string, readonly string[]>;

/** A reference to a blob. */
interface Reference {
  readonly descriptor: Descriptor;
  /** The origin of the reference, as the subject of a sentence. */
  readonly from: string;
  /** Whether the blob may be missing. */
  readonly isOptional?: boolean | undefined;
}

/** Checks every blob that the entries reach, once. Returns the contents of the indexes. */
export async function checkContent(
  layout: LayoutDirectory,
  entries: readonly LayoutEntry[],
  blobs: StoredBlobs,
  report: Report,
  attempt: Attempt,
): Promise<Contents> {
  const contents: Map<string, readonly string[]> = new Map();
  const reached: Set<string> = new Set();
  const looked: Set<string> = new Set();
  const waiting: Reference[] = entries
    .map(({ descriptor, where }) => ({ descriptor, from: `${where} of index.json` }))
    .reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { descriptor } = next;
    const isNew = !reached.has(descriptor.digest);
    reached.add(descriptor.digest);
    const stored = blobs.get(descriptor.digest);
    if (!checkReference(next, stored, isNew, report) || stored === undefined) continue;
    const key = `${descriptor.digest} ${descriptor.mediaType}`;
    if (looked.has(key) || manifestKind(descriptor.mediaType) === "opaque") continue;
    looked.add(key);
    const found = await attempt(stored.path, () => lookInto(layout, next, stored, report));
    if (found === undefined) continue;
    if (found.contents !== undefined) contents.set(descriptor.digest, found.contents);
    for (const reference of found.references.reverse()) waiting.push(reference);
  }
  for (const [digest, { path }] of blobs) {
    const [algorithm = ""] = digest.split(":");
    if (REGISTERED.has(algorithm) || reached.has(digest)) continue;
    report(
      "stray",
      path,
      `nothing refers to a digest of the algorithm "${algorithm}", and readers take this for a blob; write temporary files elsewhere`,
    );
  }
  return contents;
}

/** Whether the referenced blob exists, is intact, and has the size of its descriptor. */
function checkReference(
  { descriptor, from, isOptional }: Reference,
  stored: StoredBlob | undefined,
  isNew: boolean,
  report: Report,
): boolean {
  const { digest, size } = descriptor;
  const path = `blobs/${digest.replace(":", "/")}`;
  if (stored === undefined) {
    if (isOptional !== true && isNew)
      report(
        "missing-blob",
        path,
        `${from} refers to this blob, which is missing; write it before the reference`,
      );
    return false;
  }
  if (stored.isIntact && stored.size !== size)
    report("wrong-size", path, `${from} has the size ${size}, but the blob has ${stored.size} bytes`);
  return stored.isIntact;
}

interface Found {
  readonly references: Reference[];
  /** The digests that an index lists. */
  readonly contents?: readonly string[] | undefined;
}

async function lookInto(
  layout: LayoutDirectory,
  { descriptor, from }: Reference,
  { path, size }: StoredBlob,
  report: Report,
): Promise<Found | undefined> {
  const tell = (reason: string): void => {
    report("manifest", path, `${from} has the media type ${descriptor.mediaType}: ${reason}`);
  };
  if (size > MAX_MANIFEST_BYTES) {
    tell(`it has ${size} bytes, but readers accept at most ${MAX_MANIFEST_BYTES}`);
    return undefined;
  }
  try {
    const parsed = parseManifest(await layout.read(path), descriptor.mediaType);
    const at = (where: string): string => `${where} of ${path}`;
    if (parsed.kind === "opaque") return undefined;
    const { subject } = parsed.kind === "index" ? parsed.index : parsed.manifest;
    const about: Reference[] =
      subject === undefined ? [] : [{ descriptor: subject, from: at("$.subject"), isOptional: true }];
    if (parsed.kind === "index") {
      const { manifests } = parsed.index;
      const children = manifests.map((child, i): Reference => ({
        descriptor: child,
        from: at(`$.manifests[${i}]`),
      }));
      return { references: [...about, ...children], contents: manifests.map(({ digest }) => digest) };
    }
    const { config, layers } = parsed.manifest;
    const parts = layers.map((layer, i): Reference => ({
      descriptor: layer,
      from: at(`$.layers[${i}]`),
      isOptional: (layer.urls ?? []).length > 0,
    }));
    return { references: [...about, { descriptor: config, from: at("$.config") }, ...parts] };
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    tell(error.message);
    return undefined;
  }
}
