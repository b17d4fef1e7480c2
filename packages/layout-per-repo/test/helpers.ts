import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  emptyDescriptor,
  ociMediaTypes,
  type Descriptor,
  type Digest,
  type Registry,
} from "@ocilayout/oci-types";
import { onTestFinished } from "vitest";

import { openPerRepository, type PerRepositoryOptions, type PerRepositoryRegistry } from "../src/index.ts";

/** UTF-8. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A directory of its own for the running test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "per-repo-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** A registry over a directory that is not there yet; closed when the test is over. */
export async function open(
  options: PerRepositoryOptions = {},
  directory: string = join(temporaryDirectory(), "layouts"),
): Promise<PerRepositoryRegistry> {
  const registry = await openPerRepository(directory, { durability: "none", ...options });
  onTestFinished(() => registry.close());
  return registry;
}

/** What `content` is. */
export function describe(content: Uint8Array, mediaType = "text/plain"): Descriptor {
  const digest: Digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  return { mediaType, digest, size: content.length };
}

/** Pushes an artifact called `name` to `repository`. */
export async function pushArtifact(
  registry: Registry,
  repository: string,
  name: string,
  tags: readonly string[] = [],
): Promise<Descriptor> {
  await registry.pushBlob(repository, emptyDescriptor, bytes("{}"));
  const manifest = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageManifest,
    artifactType: "application/vnd.example",
    config: emptyDescriptor,
    layers: [],
    annotations: { name },
  };
  return registry.pushManifest(repository, bytes(JSON.stringify(manifest)), ociMediaTypes.imageManifest, {
    tags,
  });
}

/** Where a repository's layout keeps the blob `digest`. */
export function blobPath(registry: PerRepositoryRegistry, repository: string, digest: string): string {
  return join(registry.directory, repository, "blobs", ...digest.split(":"));
}
