import type { Digest } from "@ocilayout/oci-types";
import { isDigest, isDigestAlgorithm, layoutNames } from "@ocilayout/oci-types";
import { createHasher } from "@ocilayout/oci-types/authors";

import type { Attempt } from "./check-links.ts";
import type { LayoutDirectory } from "./directory.ts";
import type { Report } from "./problem.ts";

/** A blob as it is stored. */
export interface StoredBlob {
  /** The path below the layout: `blobs/sha256/…`. */
  readonly path: string;
  /** The size in bytes. */
  readonly size: number;
  /** Whether the digest of the bytes is the name of the file. */
  readonly isIntact: boolean;
}

/** The blobs by digest. */
export type StoredBlobs = ReadonlyMap<Digest, StoredBlob>;

/** Checks the directory `blobs`: "image-layout.md", "Blobs". Returns `undefined` if it cannot be read. */
export async function checkBlobs(
  layout: LayoutDirectory,
  report: Report,
  attempt: Attempt,
): Promise<StoredBlobs | undefined> {
  const place = await layout.place(layoutNames.blobs);
  if (place !== "directory") {
    const message =
      place === "absent"
        ? "this directory is missing; a layout must have it, even if it is empty"
        : "this is not a directory";
    if (place !== "outside") report("missing-part", layoutNames.blobs, message);
    return undefined;
  }
  const blobs: Map<Digest, StoredBlob> = new Map();
  for (const { name: algorithm } of await layout.list(layoutNames.blobs)) {
    const directory = `blobs/${algorithm}`;
    const found = await layout.place(directory);
    if (found === "outside") continue;
    if (found !== "directory")
      report(
        "stray",
        directory,
        "blobs/ must contain nothing but one directory for each digest algorithm; write temporary files elsewhere",
      );
    else await attempt(directory, () => checkAlgorithm(layout, algorithm, blobs, report, attempt));
  }
  return blobs;
}

async function checkAlgorithm(
  layout: LayoutDirectory,
  algorithm: string,
  blobs: Map<Digest, StoredBlob>,
  report: Report,
  attempt: Attempt,
): Promise<void> {
  for (const { name } of await layout.list(`blobs/${algorithm}`)) {
    const path = `blobs/${algorithm}/${name}`;
    const place = await layout.place(path);
    const digest = `${algorithm}:${name}`;
    if (place === "outside") continue;
    if (place !== "file") report("stray", path, "this is not a file; a blob must be one");
    else if (!isDigest(digest))
      report(
        "stray",
        path,
        `"${digest.slice(0, 80)}" is not a digest; write temporary files elsewhere, or readers take them for blobs`,
      );
    else {
      const blob = await attempt(path, () => look(layout, path, digest, algorithm));
      if (blob !== undefined) blobs.set(digest, blob.stored);
      if (blob?.stored.isIntact === false)
        report(
          "corrupt-blob",
          path,
          `digest mismatch: the content has ${blob.received}; verify the content before you rename the file to its digest`,
        );
    }
  }
}

/** Reads a whole blob. A digest of an algorithm that is not supported here is not verified. */
async function look(
  layout: LayoutDirectory,
  path: string,
  digest: Digest,
  algorithm: string,
): Promise<{ stored: StoredBlob; received: string }> {
  await using file = await layout.open(path);
  const hasher = isDigestAlgorithm(algorithm) ? createHasher(algorithm) : undefined;
  const buffer = new Uint8Array(1 << 16);
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) break;
    size += bytesRead;
    hasher?.update(buffer.subarray(0, bytesRead));
  }
  const received = hasher === undefined ? digest : `${algorithm}:${await hasher.digest()}`;
  return { stored: { path, size, isIntact: received === digest }, received };
}
