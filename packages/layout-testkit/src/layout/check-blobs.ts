import type { Digest } from "@ocilayout/oci-types";
import { isDigest, isDigestAlgorithm, layoutNames } from "@ocilayout/oci-types";
import { createHasher } from "@ocilayout/oci-types/authors";

import type { Attempt } from "./check-links.ts";
import type { LayoutDirectory } from "./directory.ts";
import type { Report } from "./problem.ts";

/** A blob as it lies in its directory. */
export interface StoredBlob {
  /** `blobs/sha256/…`. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Whether its bytes are what its name says. */
  readonly isIntact: boolean;
}

/** Every blob, by digest. */
export type StoredBlobs = ReadonlyMap<Digest, StoredBlob>;

/** Checks what is in `blobs`: "image-layout.md", "Blobs". `undefined` where it cannot be looked at. */
export async function checkBlobs(
  layout: LayoutDirectory,
  report: Report,
  attempt: Attempt,
): Promise<StoredBlobs | undefined> {
  const place = await layout.place(layoutNames.blobs);
  if (place !== "directory") {
    const message =
      place === "absent"
        ? "a layout must have this directory, be it empty, and it is not there"
        : "it must be a directory";
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
        "blobs holds one directory for each digest algorithm, and nothing else; write temporary files elsewhere",
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
    if (place !== "file") report("stray", path, "a blob must be a file");
    else if (!isDigest(digest))
      report(
        "stray",
        path,
        `"${digest.slice(0, 80)}" is no digest; write temporary files elsewhere, or readers take them for blobs`,
      );
    else {
      const blob = await attempt(path, () => look(layout, path, digest, algorithm));
      if (blob !== undefined) blobs.set(digest, blob.stored);
      if (blob?.stored.isIntact === false)
        report(
          "corrupt-blob",
          path,
          `its content is ${blob.received}; verify what is written, and rename it to its name only then`,
        );
    }
  }
}

/** Reads a blob from end to end. One of an algorithm that cannot be computed here is taken for what it is called. */
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
