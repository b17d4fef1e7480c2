import type { CheckedDescriptor } from "@ocilayout/oci-backend";
import { manifestKind } from "@ocilayout/oci-types";

import type { Entry, ForeignEntry } from "../index-json/entry.ts";
import { isForeign } from "../index-json/entry.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import { closeQuietly } from "../disk/atomic-file.ts";
import type { OpenBlob } from "../blobs/blob-files.ts";
import { isFileFault } from "../disk/disk.ts";
import { describeFault } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import { isReadable } from "../manifests/manifest-store.ts";
import { pauseIfDue } from "@ocilayout/oci-backend";
import { isReadableDigest } from "../index-json/ref-name.ts";
import { referencesOf } from "../manifests/stored-manifest.ts";
import type { Finding, VerifySettings } from "./finding.ts";

/** A reference from an entry or a manifest. */
interface Reference {
  readonly descriptor: Pick<CheckedDescriptor, "mediaType" | "digest" | "urls"> & {
    readonly size: number | undefined;
  };
  /** Whether the target is read as a manifest. */
  readonly isManifest: boolean;
}

/**
 * Finds content that is missing, corrupt or not as described, among everything that the entries reach. Each blob is
 * read once. It is read again if one manifest refers to it as content and something else as a manifest.
 *
 * @param reached - Receives the digest of everything that is reached.
 */
export async function* findContentProblems(
  layout: Layout,
  table: EntryTable,
  settings: VerifySettings,
  reached: Set<string>,
): AsyncGenerator<Finding, void, undefined> {
  const known: Map<string, Found> = new Map();
  /** The digests that were read as manifests. */
  const entered: Set<string> = new Set();
  const waiting: Reference[] = [...table.all()].flatMap((entry) => rootReference(entry) ?? []).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    await pauseIfDue();
    settings.signal?.throwIfAborted();
    const { digest } = next.descriptor;
    const isNew = !(next.isManifest ? entered : reached).has(digest);
    reached.add(digest);
    if (isNew) {
      if (next.isManifest) entered.add(digest);
      const before = known.get(digest);
      const found = next.isManifest
        ? await lookInto(layout, next, settings, waiting)
        : await look(layout, next, settings);
      known.set(digest, found);
      if (found.finding !== undefined && before?.finding === undefined) yield found.finding;
    }
    yield* findDisagreements(next, known.get(digest));
  }
}

/** Compares a descriptor with the size and type of its target. */
function* findDisagreements(
  { descriptor, isManifest }: Reference,
  found: Found | undefined,
): Generator<Finding, void, undefined> {
  const { digest, mediaType, size } = descriptor;
  if (found?.size !== undefined && size !== undefined && found.size !== size) {
    yield error(
      "wrong-size",
      digest,
      `size mismatch: a descriptor of ${digest} has size ${size}, but the content has ${found.size} bytes`,
    );
  }
  if (!isManifest || found?.mediaType === undefined || found.mediaType === mediaType) return;
  const claim = mediaType === "" ? "has no media type" : `has media type ${mediaType}`;
  const message = `media type mismatch: a descriptor of ${digest} ${claim}, but the manifest is ${found.mediaType}, which counts; to correct an entry, push the manifest again with its tag`;
  yield { ...error("wrong-media-type", digest, message), severity: "warning" };
}

interface Found {
  /** In bytes; `undefined` if there is nothing to compare. */
  readonly size: number | undefined;
  /** The media type that a manifest itself states. */
  readonly mediaType?: string | undefined;
  readonly finding?: Finding | undefined;
}

function rootReference(entry: Entry | ForeignEntry): Reference | undefined {
  const { digest, mediaType } = entry;
  if (digest === undefined) return undefined;
  return {
    descriptor: { digest, mediaType, size: isForeign(entry) ? undefined : entry.size },
    isManifest: true,
  };
}

/** Reads a manifest, and queues its references. */
async function lookInto(
  layout: Layout,
  { descriptor }: Reference,
  settings: VerifySettings,
  waiting: Reference[],
): Promise<Found> {
  const { digest } = descriptor;
  const reading = await layout.graph.store.loadFresh(descriptor);
  if (isReadable(reading)) {
    const { manifests, content, isGuess } = referencesOf(reading);
    const references = [
      ...content.map((descriptor) => ({ descriptor, isManifest: false })),
      ...manifests.map((descriptor) => ({ descriptor, isManifest: true })),
    ];
    for (const reference of references.reverse()) {
      const { digest: target } = reference.descriptor;
      // A digest in a document of an unknown type may not be a reference: its target is kept, but may be missing.
      if (!isGuess) waiting.push(reference);
      else if (layout.blobs.stamp(target) !== undefined)
        waiting.push({ ...reference, descriptor: { ...reference.descriptor, size: undefined } });
    }
    return {
      size: reading.size,
      mediaType: reading.isTyped || descriptor.mediaType === "" ? reading.mediaType : undefined,
    };
  }
  switch (reading.state) {
    case "absent":
      return { size: undefined, finding: missing(layout, descriptor, settings) };
    case "corrupt":
      return { size: undefined, finding: corrupt(digest) };
    case "unreadable":
      return {
        size: undefined,
        finding:
          reading.cause === undefined
            ? missing(layout, descriptor, settings)
            : unreadable(digest, reading.cause),
      };
    case "too large":
      // The size limit is for documents that are parsed; this type is not.
      if (manifestKind(descriptor.mediaType) === "opaque")
        return look(layout, { descriptor, isManifest: false }, { ...settings, content: true });
      return {
        size: undefined,
        finding: error("damaged-manifest", digest, `cannot read manifest ${digest}: ${reading.reason}`),
      };
    case "invalid": {
      const message = `cannot read manifest ${digest}: ${reading.reason}; delete it, or push a valid manifest in its place`;
      return { size: undefined, finding: error("damaged-manifest", digest, message) };
    }
  }
}

/** Reads a blob. */
async function look(layout: Layout, { descriptor }: Reference, settings: VerifySettings): Promise<Found> {
  const { digest } = descriptor;
  let blob: OpenBlob | undefined;
  try {
    blob = await layout.blobs.open(digest);
    if (blob === undefined) return { size: undefined, finding: missing(layout, descriptor, settings) };
    const isIntact =
      !settings.content || !isReadableDigest(digest) || (await layout.blobs.isIntact(blob, digest, settings));
    return isIntact ? { size: blob.size } : { size: undefined, finding: corrupt(digest) };
  } catch (cause) {
    if (!isFileFault(cause)) throw cause;
    return { size: undefined, finding: unreadable(digest, cause) };
  } finally {
    if (blob !== undefined) await closeQuietly(layout.disk, blob.file);
  }
}

function unreadable(digest: string, cause: unknown): Finding {
  return error(
    "unreadable-blob",
    digest,
    `cannot read ${digest}: ${describeFault(cause)}; push it again to replace it, if the system permits`,
  );
}

function missing(
  { blobs }: Layout,
  { digest, urls }: Reference["descriptor"],
  { allowSparse }: VerifySettings,
): Finding | undefined {
  if ((urls?.length ?? 0) > 0) return undefined;
  const message = blobs.isLink(digest)
    ? `${digest} is missing: its file is a link out of the layout, or a dangling link; set followSymlinks to follow it, or push the blob again to replace it`
    : `${digest} is missing, and something refers to it: push it again`;
  return { ...error("missing-blob", digest, message), severity: allowSparse ? "warning" : "error" };
}

function corrupt(digest: string): Finding {
  return error(
    "corrupt-blob",
    digest,
    `${digest} is corrupt: its bytes do not match its digest; push it again to replace it`,
  );
}

function error(kind: Finding["kind"], digest: string, message: string): Finding {
  return { severity: "error", kind, digest, message };
}
