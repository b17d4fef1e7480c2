import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { emptyDescriptor } from "@ocilayout/oci-types";

import { bytes, describe, manifest, writeLayout } from "../content.ts";

/** The size of a small blob, in bytes. */
export const SMALL_BYTES = 4096;

/** Returns a small blob that is different for each name. */
export function smallBlob(name: string): Uint8Array {
  const content = Buffer.alloc(SMALL_BYTES, "ocilayout");
  content.write(name);
  return content;
}

/** Returns the path of a blob in a layout. */
export function blobPath(directory: string, digest: string): string {
  return join(directory, "blobs", digest.replace(":", "/"));
}

/** Opens a layout of the repository "a" with `count` tags on 100 manifests. By default, nothing is synced to the disk. */
export async function openTagged(
  directory: string,
  count: number,
  durability: "fsync" | "none" = "none",
): Promise<LayoutRegistry> {
  const shared = Array.from({ length: 100 }, (_, i) => manifest(`shared ${i}`));
  writeLayout(directory, count, (number) => shared[number % shared.length] ?? bytes(""));
  mkdirSync(join(directory, "_uploads"));
  const registry = await openLayout(directory, { durability });
  await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
  await registry.resolveTag("a", "t0");
  return registry;
}

/** Writes small blobs into a layout, and returns their digests. */
export function writeBlobs(directory: string, count: number): { digest: string; content: Uint8Array }[] {
  return Array.from({ length: count }, (_, i) => {
    const content = smallBlob(`blob ${i} `);
    const { digest } = describe(content, "");
    writeFileSync(blobPath(directory, digest), content);
    return { digest, content };
  });
}

/** Returns the text of the index of a layout. */
export function indexText(directory: string): string {
  return readFileSync(join(directory, "index.json"), "utf8");
}

/** Waits until files are old enough to be trusted by their stamps. */
export async function untilSettled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2_500));
}
