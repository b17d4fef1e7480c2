import type { Descriptor } from "@ocilayout/oci-types";
import { manifestKind } from "@ocilayout/oci-types";

import type { Entry, ForeignEntry } from "./entry.ts";
import { isForeign } from "./entry.ts";
import type { EntryTable } from "./entry-table.ts";
import { closeQuietly } from "./fs/atomic-file.ts";
import type { OpenBlob } from "./fs/blob-files.ts";
import { isFileFault } from "./fs/disk.ts";
import { describeFault } from "./fs/storage-error.ts";
import type { Layout } from "./layout.ts";
import { isReadable } from "./manifest-store.ts";
import { isReadableDigest } from "./ref-name.ts";
import type { Finding } from "./verify.ts";

/** Something that an entry or a manifest refers to. */
interface Reference {
  readonly descriptor: Pick<Descriptor, "mediaType" | "digest" | "urls"> & { readonly size: number | undefined };
  /** Whether what it refers to is looked into. */
  readonly isManifest: boolean;
}

/**
 * Everything that the entries reach and that is not there or not what it is said to be. Each blob is looked at once.
 *
 * @param reached - Gets the digest of everything that is reached.
 */
export async function* findContentProblems(
  layout: Layout,
  table: EntryTable,
  content: boolean,
  reached: Set<string>,
): AsyncGenerator<Finding, void, undefined> {
  const sizes: Map<string, number | undefined> = new Map();
  const waiting = [...table.all()].flatMap((entry) => rootReference(entry) ?? []).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { digest, size } = next.descriptor;
    const isNew = !reached.has(digest);
    reached.add(digest);
    if (isNew) {
      const found = next.isManifest ? await lookInto(layout, next, waiting) : await look(layout, next, content);
      sizes.set(digest, found.size);
      if (found.finding !== undefined) yield found.finding;
    }
    const stored = sizes.get(digest);
    if (stored === undefined || size === undefined || stored === size) continue;
    yield error("wrong-size", digest, `${digest} is said to have ${size} bytes and has ${stored}; who says so is wrong`);
  }
}

interface Found {
  /** In bytes; `undefined` where nothing that could be compared is there. */
  readonly size: number | undefined;
  readonly finding?: Finding | undefined;
}

function rootReference(entry: Entry | ForeignEntry): Reference | undefined {
  const { digest, mediaType } = entry;
  if (digest === undefined) return undefined;
  return { descriptor: { digest, mediaType, size: isForeign(entry) ? undefined : entry.size }, isManifest: true };
}

/** Looks at a manifest, and notes what it refers to. */
async function lookInto(layout: Layout, { descriptor }: Reference, waiting: Reference[]): Promise<Found> {
  const { digest } = descriptor;
  const reading = await layout.graph.store.loadFresh(descriptor);
  if (isReadable(reading)) {
    const children = reading.children.map((child) => ({ descriptor: child, isManifest: true }));
    // What stands in a document that nobody knows may be a reference, or not: it is reached, and not asked for.
    const parts = reading.kind === "opaque" ? [] : reading.parts.map((part) => ({ descriptor: part, isManifest: false }));
    for (const reference of [...parts, ...children].reverse()) waiting.push(reference);
    return { size: reading.size };
  }
  switch (reading.state) {
    case "absent":
      return { size: undefined, finding: missing(layout, descriptor) };
    case "corrupt":
      return { size: undefined, finding: corrupt(digest) };
    case "unreadable":
      return { size: undefined, finding: reading.cause === undefined ? missing(layout, descriptor) : unreadable(digest, reading.cause) };
    case "too large":
      // Of a type that nobody looks into it may be as large as it likes.
      if (manifestKind(descriptor.mediaType) === "opaque") return look(layout, { descriptor, isManifest: false }, true);
      return { size: undefined, finding: error("damaged-manifest", digest, `the manifest ${digest}: ${reading.reason}`) };
    case "invalid": {
      const message = `the manifest ${digest} cannot be read: ${reading.reason}; delete it, or push what it should be`;
      return { size: undefined, finding: error("damaged-manifest", digest, message) };
    }
  }
}

/** Looks at a blob. */
async function look(layout: Layout, { descriptor }: Reference, content: boolean): Promise<Found> {
  const { digest } = descriptor;
  let blob: OpenBlob | undefined;
  try {
    blob = await layout.blobs.open(digest);
    if (blob === undefined) return { size: undefined, finding: missing(layout, descriptor) };
    const isIntact = !content || !isReadableDigest(digest) || (await layout.blobs.isIntact(blob, digest));
    return isIntact ? { size: blob.size } : { size: undefined, finding: corrupt(digest) };
  } catch (cause) {
    if (!isFileFault(cause)) throw cause;
    return { size: undefined, finding: unreadable(digest, cause) };
  } finally {
    if (blob !== undefined) await closeQuietly(layout.disk, blob.file);
  }
}

function unreadable(digest: string, cause: unknown): Finding {
  return error("unreadable-blob", digest, `${digest} cannot be read: ${describeFault(cause)}; pushing it again replaces it, if the system allows`);
}

function missing(layout: Layout, { digest, urls }: Reference["descriptor"]): Finding | undefined {
  if ((urls?.length ?? 0) > 0) return undefined;
  const message = `${digest} is referred to, and no such file is in the layout, or only a link that leaves it; push it again`;
  return { ...error("missing-blob", digest, message), severity: layout.settings.allowSparse ? "warning" : "error" };
}

function corrupt(digest: string): Finding {
  return error("corrupt-blob", digest, `the bytes of ${digest} are not what its name says; pushing it again replaces them`);
}

function error(kind: Finding["kind"], digest: string, message: string): Finding {
  return { severity: "error", kind, digest, message };
}
