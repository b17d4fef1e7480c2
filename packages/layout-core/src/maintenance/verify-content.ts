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

/** Something that an entry or a manifest refers to. */
interface Reference {
  readonly descriptor: Pick<CheckedDescriptor, "mediaType" | "digest" | "urls"> & {
    readonly size: number | undefined;
  };
  /** Whether what it refers to is looked into. */
  readonly isManifest: boolean;
}

/**
 * Everything that the entries reach and that is not there or not what it is said to be. Each blob is looked at once, and
 * once more if a manifest lists it as content and something else as a manifest.
 *
 * @param reached - Gets the digest of everything that is reached.
 */
export async function* findContentProblems(
  layout: Layout,
  table: EntryTable,
  settings: VerifySettings,
  reached: Set<string>,
): AsyncGenerator<Finding, void, undefined> {
  const known: Map<string, Found> = new Map();
  /** What was looked into as a manifest. */
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

/** What a reference says of its target and is not so. */
function* findDisagreements(
  { descriptor, isManifest }: Reference,
  found: Found | undefined,
): Generator<Finding, void, undefined> {
  const { digest, mediaType, size } = descriptor;
  if (found?.size !== undefined && size !== undefined && found.size !== size) {
    yield error(
      "wrong-size",
      digest,
      `a descriptor says that ${digest} has ${size} bytes, and it has ${found.size}`,
    );
  }
  if (!isManifest || found?.mediaType === undefined || found.mediaType === mediaType) return;
  const claim = mediaType === "" ? "names no media type" : `says ${mediaType}`;
  const message = `a descriptor of ${digest} ${claim}, and the manifest is ${found.mediaType}, which counts; pushing it again with its tag mends an entry`;
  yield { ...error("wrong-media-type", digest, message), severity: "warning" };
}

interface Found {
  /** In bytes; `undefined` where nothing that could be compared is there. */
  readonly size: number | undefined;
  /** What a manifest says itself that it is. */
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

/** Looks at a manifest, and notes what it refers to. */
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
      // What a document of an unknown type has a digest of may be no reference: it is kept, and not missed.
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
      // Of a type that nobody looks into it may be as large as it likes.
      if (manifestKind(descriptor.mediaType) === "opaque")
        return look(layout, { descriptor, isManifest: false }, { ...settings, content: true });
      return {
        size: undefined,
        finding: error("damaged-manifest", digest, `the manifest ${digest}: ${reading.reason}`),
      };
    case "invalid": {
      const message = `the manifest ${digest} cannot be read: ${reading.reason}; delete it, or push what it should be`;
      return { size: undefined, finding: error("damaged-manifest", digest, message) };
    }
  }
}

/** Looks at a blob. */
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
    `${digest} cannot be read: ${describeFault(cause)}; pushing it again replaces it, if the system allows`,
  );
}

function missing(
  { blobs }: Layout,
  { digest, urls }: Reference["descriptor"],
  { allowSparse }: VerifySettings,
): Finding | undefined {
  if ((urls?.length ?? 0) > 0) return undefined;
  const message = blobs.isLink(digest)
    ? `the file of ${digest} is a link that leaves the layout, or leads nowhere: followSymlinks follows it; pushing it again replaces it`
    : `${digest} is referred to and is not in the layout: push it again`;
  return { ...error("missing-blob", digest, message), severity: allowSparse ? "warning" : "error" };
}

function corrupt(digest: string): Finding {
  return error(
    "corrupt-blob",
    digest,
    `the bytes of ${digest} are not what its name says; pushing it again replaces them`,
  );
}

function error(kind: Finding["kind"], digest: string, message: string): Finding {
  return { severity: "error", kind, digest, message };
}
