import type { Descriptor } from "@ocilayout/oci-types";
import { isRegistryError, manifestKind, RegistryError } from "@ocilayout/oci-types";

import type { Place } from "../place/place.ts";
import { isAttestation } from "../platform/select-platform.ts";
import type { ManifestContent, ManifestSource, ReadManifestOptions } from "../reading/read-manifest.ts";
import { readChild } from "../reading/read-manifest.ts";

/** The maximum number of manifests below an index that are read to change it. */
const MAX_READS = 1000;

/** The content of an image manifest. */
export type ImageContent = ManifestContent & { readonly kind: "image" };

/** The content of an index. */
export type IndexContent = ManifestContent & { readonly kind: "index" };

/** An index that was entered, and its entries that are still to come. */
interface Entered {
  readonly index: IndexContent;
  readonly entries: Iterator<Descriptor, unknown>;
}

/** Options of {@link walkImages}. */
interface WalkImagesOptions {
  /** The digest of the image to read. Then other images are not read, and a nested index may be missing. */
  readonly only: string | undefined;
  /** Receives the size of an index when it is entered, in bytes. If it throws, the walk ends. */
  readonly onEnter: (bytes: number) => void;
}

/**
 * Reads the image manifests of an index, also in nested indexes, and yields each manifest once: an index after its manifests,
 * and the images in the order of the documents. Skips attestations and content of unknown media types. It does not recurse.
 *
 * @throws `RegistryError` `MANIFEST_INVALID` if it would have to read more than 1,000 manifests; the codes of `readManifest`.
 */
export async function* walkImages(
  place: Place<ManifestSource>,
  root: IndexContent,
  { only, onEnter }: WalkImagesOptions,
  options: ReadManifestOptions,
): AsyncGenerator<ImageContent | IndexContent, void, undefined> {
  const seen: Set<string> = new Set();
  onEnter(root.bytes.length);
  const entered: Entered[] = [enter(root)];
  for (let last = entered.at(-1); last !== undefined; last = entered.at(-1)) {
    const next = last.entries.next();
    if (next.done === true) {
      entered.pop();
      yield last.index;
      continue;
    }
    const entry = next.value;
    if (seen.has(entry.digest) || !mayHaveImage(entry, only)) continue;
    seen.add(entry.digest);
    if (seen.size > MAX_READS) throw tooMany(root);
    const child = await readEntry(place, entry, only !== undefined, options);
    if (child?.kind === "index") {
      onEnter(child.bytes.length);
      entered.push(enter(child));
    }
    if (child?.kind === "image") yield child;
  }
}

function enter(index: IndexContent): Entered {
  return { index, entries: index.document.manifests[Symbol.iterator]() };
}

/** Whether an entry is an image to read, or an index. */
function mayHaveImage(entry: Descriptor, only: string | undefined): boolean {
  const kind = manifestKind(entry.mediaType);
  if (kind === "opaque" || isAttestation(entry)) return false;
  return kind === "index" || only === undefined || only === entry.digest;
}

/** Reads the manifest of an entry. Returns `undefined` if it is missing and `mayBeMissing`. */
async function readEntry(
  place: Place<ManifestSource>,
  entry: Descriptor,
  mayBeMissing: boolean,
  options: ReadManifestOptions,
): Promise<ManifestContent | undefined> {
  try {
    return await readChild(place, entry, options);
  } catch (error) {
    if (mayBeMissing && isRegistryError(error, "MANIFEST_UNKNOWN", "BLOB_UNKNOWN")) return undefined;
    throw error;
  }
}

function tooMany({ descriptor }: { readonly descriptor: Descriptor }): RegistryError {
  return new RegistryError(
    "MANIFEST_INVALID",
    `cannot change ${descriptor.digest}: it has more than ${MAX_READS} manifests`,
    { detail: { limit: MAX_READS } },
  );
}
